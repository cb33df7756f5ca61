{{/* The preset with the values over it, as YAML: api and worker. */}}
{{- define "concert-api.size" -}}
{{- $preset := index (.Files.Get "presets.yaml" | fromYaml) .Values.preset -}}
{{- $api := mergeOverwrite (deepCopy $preset.api) .Values.api -}}
{{- $worker := mergeOverwrite (deepCopy $preset.worker) .Values.worker -}}
{{- /* A merge would let the preset's amount stand where the values say null. */ -}}
{{- range $name, $size := dict "api" $api "worker" $worker -}}
{{- range $kind := list "requests" "limits" -}}
{{- range $what, $amount := dig "resources" $kind dict (index $.Values $name) -}}
{{- if kindIs "invalid" $amount -}}{{- $_ := unset (index $size.resources $kind) $what -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if lt (int $api.maxReplicas) (int $api.minReplicas) -}}
{{- $_ := set $api "maxReplicas" $api.minReplicas -}}
{{- end -}}
{{- if not .Values.hpa.enabled -}}
{{- $_ := set $api "maxReplicas" $api.minReplicas -}}
{{- end -}}
{{- toYaml (dict "api" $api "worker" $worker) -}}
{{- end -}}

{{/* Fails if the largest number of pods exceeds the budget, or the connections or prepared statements of MariaDB. */}}
{{- define "concert-api.guard" -}}
{{- $size := include "concert-api.size" . | fromYaml -}}
{{- $api := $size.api -}}
{{- $worker := $size.worker -}}
{{- if and (eq $api.role "api") (eq (int $worker.replicas) 0) -}}
{{- fail "No process would do the background work: set worker.replicas to 1 or more, or api.role to all." -}}
{{- end -}}
{{- range $kind := list "requests" "limits" -}}
{{- range $what, $parser := dict "cpu" "concert-api.millicores" "memory" "concert-api.mebibytes" -}}
{{- with dig $kind $what "" $.Values.budget | default "" -}}
{{- $most := include $parser . | int -}}
{{- if and $.Values.budget.quota (not (dig "resources" $kind $what "" $api)) -}}
{{- fail (printf "The API's pods have no %s.%s, and budget.quota refuses such pods while budget.%s.%s is set: set budget.%s.%s=null as well, or budget.quota=false." $kind $what $kind $what $kind $what) -}}
{{- end -}}
{{- $ofApi := dig "resources" $kind $what 0 $api | include $parser | int | mul (int $api.maxReplicas) -}}
{{- $ofWorker := dig "resources" $kind $what 0 $worker | include $parser | int | mul (int $worker.replicas) -}}
{{- if gt (add $ofApi $ofWorker | int) $most -}}
{{- $unit := ternary "m" "Mi" (eq $what "cpu") -}}
{{- fail (printf "%s.%s of the API: %d pods with %d%s and %d workers with %d%s are more than budget.%s.%s (%d%s). Lower api.maxReplicas or resources, or raise the budget." $kind $what (int $api.maxReplicas) $ofApi $unit (int $worker.replicas) $ofWorker $unit $kind $what $most $unit) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $apiPods := add (int $api.maxReplicas) (int $api.maxSurge) | int -}}
{{- $ofApi := mul $apiPods (int $api.workers) (int $api.poolMax) -}}
{{- $workerPods := include "concert-api.workerPods" $size | int -}}
{{- $ofWorker := mul $workerPods (int $worker.poolMax) -}}
{{- $ofTools := 12 -}}{{/* migrate, its check of the account of the application, and seed: 4 each */}}
{{- $sum := add $ofApi $ofWorker $ofTools | int -}}
{{- if gt $sum (int .Values.database.maxConnections) -}}
{{- fail (printf "Database connections: %d API pods (%d of them in a rollout) × %d processes × %d = %d, workers %d × %d = %d, Jobs %d: %d in all, but database.maxConnections is %d. Lower api.maxReplicas, api.workers or api.poolMax, or raise MariaDB's max_connections and set it in database.maxConnections." $apiPods (int $api.maxSurge) (int $api.workers) (int $api.poolMax) $ofApi $workerPods (int $worker.poolMax) $ofWorker $ofTools $sum (int .Values.database.maxConnections)) -}}
{{- end -}}
{{- $each := .Values.config.DATABASE_STATEMENTS_MAX | default 48 | int -}}{{/* the application's own default */}}
{{- $statements := mul $sum $each | int -}}
{{- if gt $statements (int .Values.database.maxPreparedStatements) -}}
{{- fail (printf "Prepared statements: %d database connections (API pods %d, workers %d, Jobs %d) × config.DATABASE_STATEMENTS_MAX %d = %d, but database.maxPreparedStatements is %d. Lower the connections or config.DATABASE_STATEMENTS_MAX, or raise MariaDB's max_prepared_stmt_count and set it in database.maxPreparedStatements." $sum $ofApi $ofWorker $ofTools $each $statements (int .Values.database.maxPreparedStatements)) -}}
{{- end -}}
{{- if and .Values.budget.quota (not .Values.priorityClass.create) (not .Values.priorityClassName) -}}
{{- fail "budget.quota selects the API's pods by their priority class: set priorityClass.create or priorityClassName, or budget.quota=false." -}}
{{- end -}}
{{- end -}}

{{- define "concert-api.priorityClassName" -}}
{{- if .Values.priorityClassName -}}
{{- .Values.priorityClassName -}}
{{- else if .Values.priorityClass.create -}}
{{- printf "%s-%s" .Release.Namespace (include "common.fullname" .) -}}
{{- end -}}
{{- end -}}

{{/* By default a Node process uses up to a quarter of the memory of the machine for its heap, without regard to the other processes of the pod. */}}
{{- define "concert-api.nodeOptions" -}}
{{- if .root.Values.nodeOptions -}}
{{- .root.Values.nodeOptions -}}
{{- else -}}
{{- $mebibytes := include "concert-api.mebibytes" .memory | int -}}
--max-old-space-size={{ div (mul $mebibytes 60) (mul 100 (int .processes)) }}
{{- end -}}
{{- end -}}
