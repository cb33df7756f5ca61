{{/* A Job is immutable, so that each upgrade makes a new one. */}}
{{- define "k6.jobName" -}}
{{ include "common.fullname" . }}-{{ .Release.Revision }}
{{- end -}}
