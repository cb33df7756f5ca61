{{- define "mariadb.secretName" -}}
{{ .Values.auth.existingSecret | default (include "common.fullname" .) }}
{{- end -}}
