{{/* A Job cannot be changed: each upgrade makes another one. */}}
{{- define "k6.jobName" -}}
{{ include "common.fullname" . | trunc 54 }}-{{ .Release.Revision }}
{{- end -}}
