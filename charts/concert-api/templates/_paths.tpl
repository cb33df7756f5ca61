{{/*
What of the pages and of the status of queues is routed from outside, as YAML: path → type. The rest of /v1/api/queues/ is
the API's, so that each queue has a path here.
*/}}
{{- define "concert-api.pagePaths" -}}
/: Exact
/assets/: Prefix
/sw.js: Exact
/ticker.js: Exact
/v1/api/queue/presence: Exact
{{ range prepend (splitList "," (.Values.config.QUEUES | default "")) (.Values.config.QUEUE_ID | default "main") -}}
{{- with splitList "=" . | first | trim }}
/v1/api/queues/{{ . }}/status: Exact
{{- end }}
{{- end }}
{{- end -}}

{{/* The Service that has them. */}}
{{- define "concert-api.pageService" -}}
{{- include "common.fullname" . }}{{ ternary "-web" "" .Values.web.enabled }}
{{- end -}}
