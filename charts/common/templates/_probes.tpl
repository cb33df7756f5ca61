{{/*
The three probes of a container.
  (dict "handler" (dict "tcpSocket" (dict "port" "mysql")) ["alive" handler] "startupSeconds" 300 ["timeoutSeconds" 5])
handler: ready to serve; alive: the process lives (the same unless given). A start may take startupSeconds.
*/}}
{{- define "common.probes" -}}
{{- $timeoutSeconds := .timeoutSeconds | default 5 -}}
startupProbe:
  {{- toYaml .handler | nindent 2 }}
  periodSeconds: 2
  timeoutSeconds: {{ $timeoutSeconds }}
  failureThreshold: {{ div .startupSeconds 2 }}
readinessProbe:
  {{- toYaml .handler | nindent 2 }}
  periodSeconds: 5
  timeoutSeconds: {{ $timeoutSeconds }}
livenessProbe:
  {{- toYaml (.alive | default .handler) | nindent 2 }}
  periodSeconds: 10
  timeoutSeconds: {{ $timeoutSeconds }}
  failureThreshold: 6
{{- end -}}
