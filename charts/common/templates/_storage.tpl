{{/* Where data lie: (dict "root" . "name" "data"). Values: persistence.enabled, size, storageClass, keep. */}}

{{/* For `volumes`, if data need not be kept. */}}
{{- define "common.dataVolume" -}}
{{- if not .root.Values.persistence.enabled -}}
- name: {{ .name }}
  emptyDir:
    sizeLimit: {{ .root.Values.persistence.size }}
{{- end -}}
{{- end -}}

{{/* For the spec of a StatefulSet. */}}
{{- define "common.dataClaim" -}}
# A pod that does not start must not keep the one that mends it from being made.
podManagementPolicy: Parallel
{{- $persistence := .root.Values.persistence -}}
{{- if $persistence.enabled }}
persistentVolumeClaimRetentionPolicy:
  whenDeleted: {{ $persistence.keep | ternary "Retain" "Delete" }}
  whenScaled: Retain
volumeClaimTemplates:
  - apiVersion: v1
    kind: PersistentVolumeClaim
    metadata:
      name: {{ .name }}
    spec:
      accessModes: [ReadWriteOnce]
      {{- with $persistence.storageClass }}
      storageClassName: {{ . }}
      {{- end }}
      resources:
        requests:
          storage: {{ $persistence.size }}
{{- end -}}
{{- end -}}
