{{/* What the cluster has already, where Helm can see it. Argo CD and `helm template` cannot: there nothing is kept. */}}

{{/*
Who has set .spec.<field> of a live object. (dict "object" object "field" "replicas") → names of field managers, each in /…/
*/}}
{{- define "concert-api.managersOf" -}}
{{- range dig "metadata" "managedFields" list .object -}}
{{- if hasKey (dig "fieldsV1" "f:spec" dict .) (printf "f:%s" $.field) -}}/{{ .manager }}/{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The replicas of a Deployment under an autoscaler: none, for they are the autoscaler's. But where Helm has set them before (a
fixed number until now), leaving them out would mean 1: then the live number stays. Helm 3 merges with what it sent
last and knows no owners, so it always gets the live number.
*/}}
{{- define "concert-api.liveReplicas" -}}
{{- $live := lookup "apps/v1" "Deployment" .Release.Namespace (include "common.fullname" .) -}}
{{- if $live -}}
{{- $isOurs := contains "/helm/" (include "concert-api.managersOf" (dict "object" $live "field" "replicas")) -}}
{{- if or $isOurs (hasPrefix "v3." .Capabilities.HelmVersion.Version) -}}
{{- $live.spec.replicas -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
The least number of pods of the HPA: that of the values, or a higher one that somebody has set by kubectl, to have the pods
before the users come. It stays until it is set back by kubectl.
*/}}
{{- define "concert-api.minReplicas" -}}
{{- $api := (include "concert-api.size" . | fromYaml).api -}}
{{- $live := lookup "autoscaling/v2" "HorizontalPodAutoscaler" .Release.Namespace (include "common.fullname" .) -}}
{{- $set := dig "spec" "minReplicas" 0 ($live | default dict) | int -}}
{{- $managers := include "concert-api.managersOf" (dict "object" ($live | default dict) "field" "minReplicas") -}}
{{- $isOthers := ne (replace "/helm/" "" $managers) "" -}}
{{- if and $isOthers (gt $set (int $api.minReplicas)) -}}
{{- min $set (int $api.maxReplicas) -}}
{{- else -}}
{{- int $api.minReplicas -}}
{{- end -}}
{{- end -}}
