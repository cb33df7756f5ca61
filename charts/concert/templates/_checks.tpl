{{/*
A store that is switched off while its claim is there: nobody would use its data any more, and nobody would notice.
*/}}
{{- define "concert.claims" -}}
{{- range $store := list "mariadb" "redis" "kafka" -}}
{{- if and (not (index $.Values $store).enabled) (not (has $store $.Values.abandonedStores)) -}}
{{- $claim := printf "data-%s-0" (include "common.fullname" (dict "Values" dict "Chart" (dict "Name" $store) "Release" $.Release)) -}}
{{- if lookup "v1" "PersistentVolumeClaim" $.Release.Namespace $claim -}}
{{- fail (printf "%s.enabled=false, but its claim %s is in the cluster: nothing would use its data. Move them first (docs/operations/backup-and-restore.md); then confirm by abandonedStores={%s}, which leaves the claim where it is, or delete it." $store $claim $store) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Checks that need the values of several charts. */}}
{{- define "concert.checks" -}}
{{- include "concert.claims" . -}}
{{- include "concert.names" . -}}
{{- $api := index .Values "concert-api" -}}
{{- $hasDatabase := or $api.database.url $api.database.existingSecret -}}
{{- if and (not .Values.mariadb.enabled) (not $hasDatabase) -}}
{{- fail "mariadb.enabled=false: give another one, by concert-api.database.url and adminUrl or concert-api.database.existingSecret." -}}
{{- end -}}
{{- if and .Values.mariadb.enabled $hasDatabase -}}
{{- fail "concert-api.database names an external MariaDB: set mariadb.enabled=false, because the one of this release would be unused." -}}
{{- end -}}
{{- $hasRedis := or $api.redis.url $api.redis.existingSecret -}}
{{- if and (not .Values.redis.enabled) (not $hasRedis) -}}
{{- fail "redis.enabled=false: give another one, by concert-api.redis.url or concert-api.redis.existingSecret." -}}
{{- end -}}
{{- if and .Values.redis.enabled $hasRedis -}}
{{- fail "concert-api.redis names an external Redis: set redis.enabled=false, because the one of this release would be unused." -}}
{{- end -}}
{{- if and $api.kafka.inRelease (not .Values.kafka.enabled) (not $api.kafka.brokers) -}}
{{- fail "kafka.enabled=false: give another one by concert-api.kafka.brokers, or set concert-api.kafka.inRelease=false to handle events in-process." -}}
{{- end -}}
{{- if and (index .Values "kafka-ui").enabled (not .Values.kafka.enabled) -}}
{{- fail "kafka.enabled=false: also set kafka-ui.enabled=false." -}}
{{- end -}}
{{- $hasCollector := (index .Values "otel-collector").enabled -}}
{{- if and $hasCollector (not $api.traces.collectorInRelease) -}}
{{- fail "otel-collector.enabled: also set concert-api.traces.collectorInRelease=true, or nobody sends it traces." -}}
{{- end -}}
{{- if and $api.traces.collectorInRelease (not $hasCollector) -}}
{{- fail "concert-api.traces.collectorInRelease: also set otel-collector.enabled=true, or name another collector in concert-api.config.OTEL_EXPORTER_OTLP_ENDPOINT." -}}
{{- end -}}
{{- if .Values.mariadb.enabled -}}
{{- if ne (int .Values.mariadb.maxConnections) (int $api.database.maxConnections) -}}
{{- fail (printf "mariadb.maxConnections (%d) and concert-api.database.maxConnections (%d), by which the API's connections are counted, must be the same." (int .Values.mariadb.maxConnections) (int $api.database.maxConnections)) -}}
{{- end -}}
{{- if ne (int64 .Values.mariadb.maxPreparedStatements) (int64 $api.database.maxPreparedStatements) -}}
{{- fail (printf "mariadb.maxPreparedStatements (%d) and concert-api.database.maxPreparedStatements (%d), by which the API's prepared statements are counted, must be the same." (int64 .Values.mariadb.maxPreparedStatements) (int64 $api.database.maxPreparedStatements)) -}}
{{- end -}}
{{- if ne .Values.mariadb.auth.existingSecret $api.database.passwordSecret -}}
{{- fail "mariadb.auth.existingSecret and concert-api.database.passwordSecret must name the same Secret." -}}
{{- end -}}
{{- end -}}
{{- if and .Values.redis.enabled (ne .Values.redis.auth.existingSecret $api.redis.passwordSecret) -}}
{{- fail "redis.auth.existingSecret and concert-api.redis.passwordSecret must name the same Secret." -}}
{{- end -}}
{{- if and .Values.redis.enabled (ne .Values.redis.auth.password $api.redis.password) -}}
{{- fail "redis.auth.password and concert-api.redis.password must be the same: by the second the API's pods notice a new one." -}}
{{- end -}}
{{- end -}}

{{/*
The parts find each other by the names that they have without overrides; what is named otherwise must be given to those that
call it.
*/}}
{{- define "concert.names" -}}
{{- $api := index .Values "concert-api" -}}
{{- $names := dict -}}
{{- range $part := list "concert-api" "mariadb" "redis" "kafka" "kafka-ui" "influxdb" "grafana" "prometheus" "otel-collector" -}}
{{- $values := index $.Values $part | default dict -}}
{{- if ne $values.enabled false -}}
{{- $name := include "common.fullname" (dict "Values" $values "Chart" (dict "Name" $part) "Release" $.Release) -}}
{{- if hasKey $names $name -}}
{{- fail (printf "The release's name %q gives %s and %s the same name, %s: choose another one, or set %s.fullnameOverride." $.Release.Name (get $names $name) $part $name $part) -}}
{{- end -}}
{{- $_ := set $names $name $part -}}
{{- end -}}
{{- end -}}
{{- range $store, $given := dict "mariadb" $api.database.host "redis" $api.redis.host "kafka" $api.kafka.brokers -}}
{{- $values := index $.Values $store -}}
{{- if and $values.enabled (or $values.nameOverride $values.fullnameOverride) -}}
{{- $name := include "common.fullname" (dict "Values" $values "Chart" (dict "Name" $store) "Release" $.Release) -}}
{{- $expected := eq $store "kafka" | ternary (printf "%s:9092" $name) $name -}}
{{- if ne $given $expected -}}
{{- fail (printf "%s is called %s by nameOverride or fullnameOverride: set concert-api.%s=%s, or nobody finds it." $store $name (get (dict "mariadb" "database.host" "redis" "redis.host" "kafka" "kafka.brokers") $store) $expected) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $collector := index .Values "otel-collector" -}}
{{- if and $collector.enabled (or $collector.nameOverride $collector.fullnameOverride) -}}
{{- fail "otel-collector takes no nameOverride and no fullnameOverride in this release: the API finds it by its name." -}}
{{- end -}}
{{- end -}}

{{- define "concert.api" -}}
{{- include "common.fullname" (dict "Values" dict "Chart" (dict "Name" "concert-api") "Release" .Release) -}}
{{- end -}}
