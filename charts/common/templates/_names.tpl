{{/*
Labels and names. Where a template takes `.`, it takes (dict "root" . "component" "worker") too: a chart whose pods
play several parts names each; otherwise the component is the chart's name, whatever nameOverride is. Network policies
find pods by component.
*/}}

{{- define "common.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/*
Names are DNS labels: lower-case letters, digits and hyphens, a letter first (a Service's), 63 at most. A StatefulSet's
pods are labelled with its name and 11 letters more (controller-revision-hash), and our longest suffix is no longer:
what is longer than 52 is cut, and 8 letters of its hash keep two long names apart.
*/}}
{{- define "common.cut" -}}
{{- if gt (len .) 52 -}}
{{- printf "%s-%s" (trunc 43 . | trimSuffix "-") (sha256sum . | trunc 8) -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end -}}

{{/* Labels carry names as they are, and YAML takes some words for no text. */}}
{{- define "common.demandName" -}}
{{- if has .name (list "true" "false" "yes" "no" "on" "off" "y" "n" "null") -}}
{{- fail (printf "%s must not be %q: YAML reads that word as a truth value or as nothing, and Kubernetes refuses labels with it." .what .name) -}}
{{- end -}}
{{- if not (regexMatch "^[a-z]([a-z0-9-]*[a-z0-9])?$" .name) -}}
{{- fail (printf "%s %q must be lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen: Kubernetes takes no other name for a Service." .what .name) -}}
{{- end -}}
{{- end -}}

{{/* A release called concert has concert-api and concert-mariadb, not concert-concert-api. */}}
{{- define "common.fullname" -}}
{{- $name := include "common.name" . -}}
{{- include "common.demandName" (dict "what" "The release's name" "name" .Release.Name) -}}
{{- include "common.demandName" (dict "what" "nameOverride" "name" $name) -}}
{{- if .Values.fullnameOverride -}}
{{- include "common.demandName" (dict "what" "fullnameOverride" "name" .Values.fullnameOverride) -}}
{{- include "common.cut" .Values.fullnameOverride -}}
{{- else if contains $name .Release.Name -}}
{{- include "common.cut" .Release.Name -}}
{{- else if hasPrefix (printf "%s-" .Release.Name) $name -}}
{{- include "common.cut" $name -}}
{{- else -}}
{{- include "common.cut" (printf "%s-%s" .Release.Name $name) -}}
{{- end -}}
{{- end -}}

{{- define "common.selectorLabels" -}}
{{- $root := .root | default . -}}
app.kubernetes.io/name: {{ include "common.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ .component | default $root.Chart.Name }}
{{- end -}}

{{/* Values: global.labels. */}}
{{- define "common.userLabels" -}}
{{- with (.Values.global | default dict).labels -}}{{ toYaml . }}{{- end -}}
{{- end -}}

{{- define "common.labels" -}}
{{- $root := .root | default . -}}
{{ include "common.selectorLabels" . }}
app.kubernetes.io/part-of: concert
app.kubernetes.io/version: {{ $root.Chart.AppVersion | default $root.Chart.Version | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with include "common.userLabels" $root }}
{{ . }}
{{- end }}
{{- end -}}

{{/* Labels of a pod: without the chart's version, whose change alone must not restart it. */}}
{{- define "common.podLabels" -}}
{{- $root := .root | default . -}}
{{ include "common.selectorLabels" . }}
app.kubernetes.io/part-of: concert
{{- with merge (deepCopy $root.Values.podLabels) (include "common.userLabels" $root | fromYaml) }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* (dict "root" . ["image" .Values.image]) → registry/repository:tag, and the digest when there is one. */}}
{{- define "common.image" -}}
{{- $image := .image | default .root.Values.image -}}
{{- with (.root.Values.global | default dict).imageRegistry -}}{{ trimSuffix "/" . }}/{{- end -}}
{{- printf "%s:%s" $image.repository $image.tag -}}
{{- with $image.digest }}@{{ . }}{{ end -}}
{{- end -}}
