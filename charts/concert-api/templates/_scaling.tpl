{{/* How fast the number of pods may change, by HPA or KEDA. */}}
{{- define "concert-api.scalingBehavior" -}}
scaleUp:
  # Load rises within seconds, so that the HPA doubles the pods at once, and adds at least two.
  stabilizationWindowSeconds: 0
  selectPolicy: Max
  policies:
    - { type: Percent, value: 100, periodSeconds: 15 }
    - { type: Pods, value: 2, periodSeconds: 15 }
scaleDown:
  # One pod at a time, because the clients of each move to the others.
  stabilizationWindowSeconds: {{ .Values.hpa.scaleDownSeconds }}
  policies:
    - { type: Pods, value: 1, periodSeconds: 30 }
{{- end -}}
