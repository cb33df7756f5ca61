{{/*
What a rollout needs beside the budget: the pods that maxSurge allows, and all old pods, which count until they have ended.
A pod that a quota refuses is tried again after pauses that double: while the pods of the API come and go, the worker
would find no room for minutes.
  (dict "size" sizes "kind" "requests" "what" "cpu" "parser" "concert-api.millicores") → millicores or mebibytes
*/}}
{{- define "concert-api.rolloutRoom" -}}
{{- $room := 0 -}}
{{- range list (dict "of" .size.api "pods" (add (int .size.api.maxReplicas) (int .size.api.maxSurge))) (dict "of" .size.worker "pods" (int .size.worker.replicas)) -}}
{{- $each := dig "resources" $.kind $.what "" .of | default "0" | include $.parser | int -}}
{{- $room = add $room (mul $each (int .pods)) -}}
{{- end -}}
{{- $room -}}
{{- end -}}
