{{/* Denies all connections of the pods of a release that no other policy selects. */}}
{{- define "common.denyAll" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "common.fullname" . }}-deny-all
  labels:
    {{- include "common.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/instance: {{ .Release.Name }}
      app.kubernetes.io/part-of: concert
  policyTypes: [Ingress, Egress]
{{- end -}}

{{/*
Connections of a component; all others are denied.
  (dict "root" . ["component" "worker"] ["name" "suffix"] ["annotations" (dict)]
        "ingress" (list (dict "from" (list "api" "worker") "ports" (list 3306)))
        "egress" (list (dict "to" "any" "ports" (list 443))))
from, to: components of the concert in this namespace, or "any". A pod with outgoing connections may also use the DNS.
Values: networkPolicy.enabled, and more rules in networkPolicy.extraIngress and extraEgress; those of
global.networkPolicy are for the pods of all charts.
*/}}
{{- define "common.networkPolicy" -}}
{{- $own := .root.Values.networkPolicy -}}
{{- $all := (.root.Values.global | default dict).networkPolicy | default dict -}}
{{- $extraIngress := concat ($all.extraIngress | default list) $own.extraIngress -}}
{{- $extraEgress := concat ($all.extraEgress | default list) $own.extraEgress -}}
{{- if $own.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "common.fullname" .root }}{{ with .name }}-{{ . }}{{ end }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  podSelector:
    matchLabels:
      {{- include "common.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- if or .ingress $extraIngress }}
  ingress:
    {{- range .ingress }}
    - ports:
        {{- include "common.policyPorts" .ports | nindent 8 }}
      {{- include "common.policyPeers" (dict "key" "from" "peers" .from) | nindent 6 }}
    {{- end }}
    {{- with $extraIngress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
  {{- if or .egress $extraEgress }}
  egress:
    {{- include "common.dns" .root | nindent 4 }}
    {{- range .egress }}
    - ports:
        {{- include "common.policyPorts" .ports | nindent 8 }}
      {{- include "common.policyPeers" (dict "key" "to" "peers" .to) | nindent 6 }}
    {{- end }}
    {{- with $extraEgress }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/*
The arrow to what a URL names, as JSON: the component of the concert, where the host is called after it and has no
domain; otherwise anywhere, on the URL's port.
  (dict "root" . "url" .Values.influxUrl "component" "influxdb" "port" 8086)
*/}}
{{- define "common.arrowTo" -}}
{{- $url := urlParse (tpl .url .root) -}}
{{- if regexMatch (printf "^([^.]+-)?%s$" .component) $url.hostname -}}
{{- dict "to" (list .component) "ports" (list .port) | toJson -}}
{{- else -}}
{{- dict "to" "any" "ports" (list (include "common.portOf" (tpl .url .root))) | toJson -}}
{{- end -}}
{{- end -}}

{{/* The port of a URL with http or https, named or not. (the URL) */}}
{{- define "common.portOf" -}}
{{- $url := urlParse . -}}
{{- regexFind "[0-9]+$" (trimPrefix $url.hostname $url.host) | default (ternary "443" "80" (eq $url.scheme "https")) -}}
{{- end -}}

{{/* The rule that lets a pod ask for names. Values: global.dns. */}}
{{- define "common.dns" -}}
{{- $own := (.Values.global | default dict).dns | default dict -}}
- ports:
    {{- range $own.ports | default (list 53) }}
    - { port: {{ . }}, protocol: UDP }
    - { port: {{ . }}, protocol: TCP }
    {{- end }}
  to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ $own.namespace | default "kube-system" }}
      podSelector:
        matchLabels:
          {{- toYaml ($own.podLabels | default (dict "k8s-app" "kube-dns")) | nindent 10 }}
    {{- range $own.addresses }}
    - ipBlock:
        cidr: {{ . }}
    {{- end }}
{{- end -}}

{{- define "common.policyPorts" -}}
{{- range $i, $port := . -}}
{{- if $i }}{{ "\n" }}{{ end -}}
- { port: {{ $port }}, protocol: TCP }
{{- end -}}
{{- end -}}

{{- define "common.policyPeers" -}}
{{- if not (kindIs "string" .peers) -}}
{{ .key }}:
  - podSelector:
      matchLabels:
        app.kubernetes.io/part-of: concert
      matchExpressions:
        - key: app.kubernetes.io/component
          operator: In
          values: {{ toJson .peers }}
{{- end -}}
{{- end -}}

{{/*
(dict "root" . ["component" "worker"] "ports" (dict "mysql" 3306) ["isSingleStore" true]); the ports of the pod have the same names.
isSingleStore: the Service leads to the only pod also before its probe has found it ready. There is no other pod to spare
for, and clients that try again find it within their own pauses instead of a probe's.
*/}}
{{- define "common.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "common.fullname" .root }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
  {{- with (.root.Values.service | default dict).annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: ClusterIP
  {{- if .isSingleStore }}
  publishNotReadyAddresses: true
  {{- end }}
  selector:
    {{- include "common.selectorLabels" . | nindent 4 }}
  ports:
    {{- range $name, $port := .ports }}
    - name: {{ $name }}
      port: {{ $port }}
      targetPort: {{ $name }}
    {{- end }}
{{- end -}}
