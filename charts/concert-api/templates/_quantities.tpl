{{/* Kubernetes quantities as whole numbers: "1250m" → 1250 millicores, "1.5" → 1500. */}}
{{- define "concert-api.millicores" -}}
{{- $text := toString . -}}
{{- if hasSuffix "m" $text }}{{ trimSuffix "m" $text | float64 | ceil | int }}{{ else }}{{ mulf (float64 $text) 1000 | ceil | int }}{{ end -}}
{{- end -}}

{{/* "1792Mi" → 1792, "4Gi" → 4096 */}}
{{- define "concert-api.mebibytes" -}}
{{- $text := toString . -}}
{{- $bytes := dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 -}}
{{- $number := regexFind "^[0-9.]+" $text -}}
{{- $unit := trimPrefix $number $text -}}
{{- divf (mulf (float64 $number) (get $bytes $unit | default 1 | float64)) 1048576 | ceil | int -}}
{{- end -}}

{{/* Cores of an API pod above which more pods come: 65 % of its limit. Without a limit it may use as much as it finds. */}}
{{- define "concert-api.cpuTarget" -}}
{{- if .root.Values.hpa.cpu -}}
{{- .root.Values.hpa.cpu -}}
{{- else -}}
{{- $limit := dig "resources" "limits" "cpu" "" .api | default (ternary "1" "" (eq (int .api.workers) 1)) -}}
{{- if not $limit -}}
{{- fail "Without api.resources.limits.cpu and with several processes in a pod the autoscaler needs hpa.cpu." -}}
{{- end -}}
{{- printf "%dm" (div (mul 65 (include "concert-api.millicores" $limit | int)) 100) -}}
{{- end -}}
{{- end -}}
