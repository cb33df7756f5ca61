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
{{- end -}}

{{- define "concert.api" -}}
{{- include "common.fullname" (dict "Values" dict "Chart" (dict "Name" "concert-api") "Release" .Release) -}}
{{- end -}}
