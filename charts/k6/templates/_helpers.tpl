{{/* A Job cannot be changed: each upgrade makes another one. */}}
{{- define "k6.jobName" -}}
{{ include "common.fullname" . }}-{{ .Release.Revision }}
{{- end -}}
