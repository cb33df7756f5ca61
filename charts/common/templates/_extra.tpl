{{/* What a user adds: values extraEnv, extraVolumes, extraVolumeMounts, extraObjects. */}}

{{/* More manifests of the user, as objects or as templates in a string. */}}
{{- define "common.extraObjects" -}}
{{- range .Values.extraObjects }}
---
{{ tpl (kindIs "string" . | ternary . (toYaml .)) $ }}
{{- end }}
{{- end -}}
