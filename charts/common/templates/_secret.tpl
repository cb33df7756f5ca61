{{/*
A value that is made once: what the user gives, else what the Secret in the cluster has, else a new random one.
  (dict "root" . "secret" "name" "key" "password" ["value" .Values.auth.password] ["length" 32])
Letters and digits only, so that it may stand in a URL. Where Helm sees no cluster (helm template, Argo CD) it would
be another one each time: give it, or an existingSecret.
*/}}
{{- define "common.secretValue" -}}
{{- if .value -}}
{{- .value -}}
{{- else -}}
{{- $found := dig "data" .key "" (lookup "v1" "Secret" .root.Release.Namespace .secret | default dict) -}}
{{- if $found }}{{ b64dec $found }}{{ else }}{{ randAlphaNum (.length | default 32 | int) }}{{ end -}}
{{- end -}}
{{- end -}}

{{/*
The Secret of a chart, unless the user brings one.
  (dict "root" . "existing" .Values.auth.existingSecret "values" (dict "password" .Values.auth.password) ["keep" true])
keep: it outlives the release, as the data do that it opens.
*/}}
{{- define "common.secret" -}}
{{- if not .existing -}}
{{- $root := .root -}}
{{- $name := include "common.fullname" $root -}}
apiVersion: v1
kind: Secret
metadata:
  name: {{ $name }}
  labels:
    {{- include "common.labels" $root | nindent 4 }}
  {{- if .keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
type: Opaque
data:
  {{- range $key, $value := .values }}
  {{ $key }}: {{ include "common.secretValue" (dict "root" $root "secret" $name "key" $key "value" $value) | b64enc }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/*
Annotations that restart the pods when their configuration changes.
  (dict "root" . ["templates" (list "configmap.yaml")] ["values" .Values.auth])
Not for a template that makes a Secret: the random value differs from one rendering to the next.
*/}}
{{- define "common.checksum" -}}
{{- $root := .root -}}
{{- $lines := list -}}
{{- range .templates -}}
{{- $sum := include (print $root.Template.BasePath "/" .) $root | sha256sum -}}
{{- $lines = append $lines (printf "checksum/%s: %s" (trimSuffix ".yaml" .) $sum) -}}
{{- end -}}
{{- with .values -}}
{{- $lines = append $lines (printf "checksum/values: %s" (toJson . | sha256sum)) -}}
{{- end -}}
{{- join "\n" $lines -}}
{{- end -}}
