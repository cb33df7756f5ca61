{{/* Pods of one component, found in this namespace only; the label `instance` is the pod's name. */}}
{{- define "prometheus.job" -}}
- job_name: concert-{{ .component }}
  kubernetes_sd_configs:
    - role: pod
      namespaces:
        own_namespace: true
      selectors:
        - role: pod
          label: app.kubernetes.io/part-of=concert,app.kubernetes.io/component={{ .component }}{{ with .instance }},app.kubernetes.io/instance={{ . }}{{ end }}
          field: status.phase=Running
  relabel_configs:
    - source_labels: [__meta_kubernetes_pod_container_port_name]
      regex: management
      action: keep
    - source_labels: [__meta_kubernetes_namespace]
      target_label: namespace
    - source_labels: [__meta_kubernetes_pod_name]
      target_label: pod
    - source_labels: [__meta_kubernetes_pod_name]
      target_label: instance
{{- end -}}

{{/* host:port of the kube-state-metrics that is scraped: one that is there already, or our own; empty: none. */}}
{{- define "prometheus.kubeStateMetrics" -}}
{{- with .Values.kubeStateMetrics.target -}}
{{- tpl . $ -}}
{{- else -}}
{{- if .Values.kubeStateMetrics.enabled -}}{{ include "prometheus.kubeStateMetricsName" . }}:8080{{- end -}}
{{- end -}}
{{- end -}}

{{- define "prometheus.kubeStateMetricsName" -}}
{{ include "common.fullname" . }}-ksm
{{- end -}}

{{/* (dict "root" . "path" "rules/alerts.yml"): the text of a file of rules, with the absolute addresses of its runbooks. */}}
{{- define "prometheus.rules" -}}
{{- $text := .root.Files.Get .path -}}
{{- with .root.Values.runbookBaseUrl -}}
{{- $text = replace "runbook_url: docs/runbooks" (printf "runbook_url: %s" (trimSuffix "/" .)) $text -}}
{{- end -}}
{{- $text -}}
{{- end -}}

{{/*
The rules of a file for a Prometheus that watches other installations as well: of the series of this namespace, and with its
name on what they record and alert, by which an Alertmanager may route. (dict "root" . "path" "rules/alerts.yml")
*/}}
{{- define "prometheus.scopedGroups" -}}
{{- $namespace := .root.Release.Namespace -}}
{{- $groups := (include "prometheus.rules" . | fromYaml).groups -}}
{{- range $groups -}}
{{- range .rules -}}
{{- $expr := regexReplaceAll "\\{(job|job_name|cronjob|horizontalpodautoscaler)=" .expr (printf "{namespace=%q, ${1}=" $namespace) -}}
{{- $_ := set . "expr" (regexReplaceAll "\\b(concert:[a-z0-9_:]+)" $expr (printf "${1}{namespace=%q}" $namespace)) -}}
{{- $_ := set . "labels" (merge (dict "namespace" $namespace) (.labels | default dict)) -}}
{{- end -}}
{{- end -}}
{{- toYaml $groups -}}
{{- end -}}
