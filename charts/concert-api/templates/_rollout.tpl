{{/*
What a rollout needs beside the budget: the pods that maxSurge allows, and all old pods, which count until they have ended.
A pod that a quota refuses is tried again after pauses that double: while the pods of the API come and go, a new worker
would find no room for minutes.
  (dict "size" sizes "kind" "requests" "what" "cpu" "parser" "concert-api.millicores") → millicores or mebibytes
*/}}
{{- define "concert-api.rolloutRoom" -}}
{{- $room := 0 -}}
{{- range list (dict "of" .size.api "pods" (add (int .size.api.maxReplicas) (int .size.api.maxSurge))) (dict "of" .size.worker "pods" (include "concert-api.workerPods" .size | int)) -}}
{{- $each := dig "resources" $.kind $.what "" .of | default "0" | include $.parser | int -}}
{{- $room = add $room (mul $each (int .pods)) -}}
{{- end -}}
{{- $room -}}
{{- end -}}

{{/* Pods of the worker at once in a rollout, old ones that end not counted: one more than there are (deployment-worker.yaml). */}}
{{- define "concert-api.workerPods" -}}
{{- $replicas := int .worker.replicas -}}
{{- ternary 0 (add $replicas 1) (eq $replicas 0) -}}
{{- end -}}
