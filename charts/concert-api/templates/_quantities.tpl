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
