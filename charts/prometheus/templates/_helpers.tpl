{{/* Pods of one component, found in our namespace alone; the label `instance` is the pod's name. */}}
{{- define "prometheus.job" -}}
- job_name: concert-{{ .component }}
  kubernetes_sd_configs:
    - role: pod
      namespaces:
        own_namespace: true
      selectors:
        - role: pod
          label: app.kubernetes.io/part-of=concert,app.kubernetes.io/component={{ .component }}
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
