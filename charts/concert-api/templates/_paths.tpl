{{/* What of the pages and of the status of queues is routed from outside, as YAML: path → type. */}}
{{- define "concert-api.pagePaths" -}}
/: Exact
/assets/: Prefix
/sw.js: Exact
/ticker.js: Exact
/v1/api/queue/presence: Exact
/v1/api/queues/: Prefix
{{- end -}}

{{/* The Service that has them. */}}
{{- define "concert-api.pageService" -}}
{{- include "common.fullname" . }}{{ ternary "-web" "" .Values.web.enabled }}
{{- end -}}
