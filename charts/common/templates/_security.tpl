{{/* What the restricted Pod Security level requires of pods and containers, and a read-only root. */}}

{{/* (dict "root" . "uid" 999 ["gid" 999]). Values: global.arbitraryUser, podSecurityContext. */}}
{{- define "common.podSecurityContext" -}}
{{- $context := dict
  "runAsNonRoot" true
  "fsGroupChangePolicy" "OnRootMismatch"
  "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- /* OpenShift gives each namespace users and groups that a pod may have, and refuses others. */ -}}
{{- if not (.root.Values.global | default dict).arbitraryUser -}}
{{- $group := .gid | default .uid -}}
{{- $_ := merge $context (dict "runAsUser" .uid "runAsGroup" $group "fsGroup" $group) -}}
{{- end -}}
{{- toYaml (mergeOverwrite $context (deepCopy (.root.Values.podSecurityContext | default dict))) -}}
{{- end -}}

{{/* Values: containerSecurityContext. */}}
{{- define "common.containerSecurityContext" -}}
{{- $context := dict
  "allowPrivilegeEscalation" false
  "readOnlyRootFilesystem" true
  "capabilities" (dict "drop" (list "ALL")) -}}
{{- toYaml (mergeOverwrite $context (deepCopy (.Values.containerSecurityContext | default dict))) -}}
{{- end -}}

{{/* Values: serviceAccount.annotations, where a chart has them. */}}
{{- define "common.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "common.fullname" . }}
  labels:
    {{- include "common.labels" . | nindent 4 }}
  {{- with (.Values.serviceAccount | default dict).annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end -}}

{{/*
What is the same in every pod's spec. (dict "root" . "uid" 999 ["gid" 999] ["token" true])
token: the pod talks to the Kubernetes API.
*/}}
{{- define "common.podSpec" -}}
{{- $values := .root.Values -}}
serviceAccountName: {{ include "common.fullname" .root }}
automountServiceAccountToken: {{ .token | default false }}
enableServiceLinks: false
securityContext:
  {{- include "common.podSecurityContext" . | nindent 2 }}
{{- with concat $values.imagePullSecrets ((.root.Values.global | default dict).imagePullSecrets | default list) | uniq }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
The resources of a container without the entries that are null: limits.cpu=null drops the limit. (the resources)
*/}}
{{- define "common.resources" -}}
{{- $result := dict -}}
{{- range $kind, $amounts := . -}}
{{- $kept := dict -}}
{{- range $what, $amount := $amounts -}}
{{- if not (kindIs "invalid" $amount) -}}{{- $_ := set $kept $what $amount -}}{{- end -}}
{{- end -}}
{{- if $kept -}}{{- $_ := set $result $kind $kept -}}{{- end -}}
{{- end -}}
{{- toYaml $result -}}
{{- end -}}
