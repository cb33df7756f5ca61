{{/*
Labels and names. Where a template takes `.`, it takes (dict "root" . "component" "worker") too: a chart whose pods
play several parts names each; otherwise the component is the chart's name. Network policies find pods by component.
*/}}

{{- define "common.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* A release called concert has concert-api and concert-mariadb, not concert-concert-api. */}}
{{- define "common.fullname" -}}
{{- $name := include "common.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else if hasPrefix (printf "%s-" .Release.Name) $name -}}
{{- $name -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "common.selectorLabels" -}}
{{- $root := .root | default . -}}
app.kubernetes.io/name: {{ include "common.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ .component | default (include "common.name" $root) }}
{{- end -}}

{{- define "common.labels" -}}
{{- $root := .root | default . -}}
{{ include "common.selectorLabels" . }}
app.kubernetes.io/part-of: concert
app.kubernetes.io/version: {{ $root.Chart.AppVersion | default $root.Chart.Version | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* Labels of a pod: without the chart's version, whose change alone must not restart it. */}}
{{- define "common.podLabels" -}}
{{ include "common.selectorLabels" . }}
app.kubernetes.io/part-of: concert
{{- end -}}

{{/* (dict "image" .Values.image) → repository:tag, and the digest when there is one. */}}
{{- define "common.image" -}}
{{- printf "%s:%s" .image.repository .image.tag -}}
{{- with .image.digest }}@{{ . }}{{ end -}}
{{- end -}}
