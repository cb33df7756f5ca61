{{/* Addresses of MariaDB, Redis and Kafka: external (a URL, or an existing Secret with it) or in this release. */}}

{{/* (dict "root" . "chart" "mariadb"): the name of that chart's objects in the same release. */}}
{{- define "concert-api.peer" -}}
{{- include "common.fullname" (dict "Values" dict "Chart" (dict "Name" .chart) "Release" .root.Release) -}}
{{- end -}}

{{- define "concert-api.mariadbInRelease" -}}
{{- if not (or .Values.database.url .Values.database.existingSecret) }}true{{ end -}}
{{- end -}}

{{- define "concert-api.redisInRelease" -}}
{{- if not (or .Values.redis.url .Values.redis.existingSecret) }}true{{ end -}}
{{- end -}}

{{/* Without the umbrella chart there is no other chart in the release to rely on. */}}
{{- define "concert-api.demandConnections" -}}
{{- if .Chart.IsRoot -}}
{{- if and (include "concert-api.mariadbInRelease" .) (not .Values.database.host) -}}
{{- fail "No database: set database.url and database.adminUrl, database.existingSecret, or database.host; or install charts/concert, which brings a MariaDB." -}}
{{- end -}}
{{- if and (include "concert-api.redisInRelease" .) (not .Values.redis.host) -}}
{{- fail "No Redis: set redis.url, redis.existingSecret, or redis.host; or install charts/concert, which brings one." -}}
{{- end -}}
{{- end -}}
{{- if and .Values.database.url (not .Values.database.adminUrl) -}}
{{- fail "database.url names the least-privileged account; also set database.adminUrl, with the account that migrates." -}}
{{- end -}}
{{- end -}}

{{- define "concert-api.fromSecret" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key | default .name }}
      {{- if .optional }}
      optional: true
      {{- end }}
{{- end -}}

{{/* Inline URLs of the Jobs are in a separate Secret, which exists only while a Job runs. */}}
{{- define "concert-api.databaseEnv" -}}
{{- $root := .root -}}
{{- $database := $root.Values.database -}}
{{- $names := ternary (list "DATABASE_URL" "DATABASE_ADMIN_URL") (list "DATABASE_URL") (.admin | default false) -}}
{{- if include "concert-api.mariadbInRelease" $root -}}
{{- $host := $database.host | default (include "concert-api.peer" (dict "root" $root "chart" "mariadb")) -}}
{{- $secret := $database.passwordSecret | default $host -}}
{{ include "concert-api.fromSecret" (dict "name" "DATABASE_PASSWORD" "secret" $secret "key" "password") }}
- name: DATABASE_URL
  value: mariadb://concert:$(DATABASE_PASSWORD)@{{ $host }}:3306/concert
{{- if .admin }}
{{ include "concert-api.fromSecret" (dict "name" "DATABASE_ADMIN_PASSWORD" "secret" $secret "key" "admin-password") }}
- name: DATABASE_ADMIN_URL
  value: mariadb://concert_admin:$(DATABASE_ADMIN_PASSWORD)@{{ $host }}:3306/concert
{{- end -}}
{{- else -}}
{{- $own := printf "%s%s" (include "common.fullname" $root) (ternary "-admin" "" (.admin | default false)) -}}
{{- $secret := $database.existingSecret | default $own -}}
{{- range $i, $name := $names -}}
{{- if $i }}{{ "\n" }}{{ end -}}
{{ include "concert-api.fromSecret" (dict "name" $name "secret" $secret) }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "concert-api.redisEnv" -}}
{{- $redis := .Values.redis -}}
{{- if include "concert-api.redisInRelease" . -}}
{{- $host := $redis.host | default (include "concert-api.peer" (dict "root" . "chart" "redis")) -}}
{{ include "concert-api.fromSecret" (dict "name" "REDIS_PASSWORD" "secret" ($redis.passwordSecret | default $host) "key" "password") }}
- name: REDIS_URL
  value: redis://:$(REDIS_PASSWORD)@{{ $host }}:6379
{{- else -}}
{{ include "concert-api.fromSecret" (dict "name" "REDIS_URL" "secret" ($redis.existingSecret | default (include "common.fullname" .))) }}
{{- end -}}
{{- end -}}

{{- define "concert-api.brokers" -}}
{{- if .Values.kafka.brokers -}}
{{- .Values.kafka.brokers -}}
{{- else if .Values.kafka.inRelease -}}
{{- include "concert-api.peer" (dict "root" . "chart" "kafka") }}:9092
{{- end -}}
{{- end -}}

{{/* Brokers that are not the release's Kafka, whatever that is called: it has a name without a domain. */}}
{{- define "concert-api.kafkaElsewhere" -}}
{{- if and .Values.kafka.brokers (or (not .Values.kafka.inRelease) (contains "." .Values.kafka.brokers)) }}true{{ end -}}
{{- end -}}

{{/* Where traces go: the collector of this release, another one, or nowhere. */}}
{{- define "concert-api.collector" -}}
{{- $elsewhere := .Values.config.OTEL_EXPORTER_OTLP_ENDPOINT | default "" -}}
{{- if and .Values.traces.collectorInRelease $elsewhere -}}
{{- fail "traces.collectorInRelease sends traces to the collector of this release: leave config.OTEL_EXPORTER_OTLP_ENDPOINT empty." -}}
{{- end -}}
{{- if .Values.traces.collectorInRelease -}}
http://{{ include "concert-api.peer" (dict "root" . "chart" "otel-collector") }}:4318
{{- else -}}
{{- $elsewhere -}}
{{- end -}}
{{- end -}}

{{/* The arrow of all pods that trace, as a JSON list of one or none. */}}
{{- define "concert-api.arrowsOfTraces" -}}
{{- $arrows := list -}}
{{- with include "concert-api.collector" . -}}
{{- $to := ternary (list "otel-collector") "any" $.Values.traces.collectorInRelease -}}
{{- $arrows = append $arrows (dict "to" $to "ports" (list (include "common.portOf" . | int))) -}}
{{- end -}}
{{- toJson $arrows -}}
{{- end -}}

{{/*
The ports of URLs, or of host:port, as a JSON list. (dict "urls" (list "redis://x:6380") "port" 6379); port: where none is named
*/}}
{{- define "concert-api.portsOf" -}}
{{- $ports := list -}}
{{- range compact .urls -}}
{{- $authority := regexReplaceAll "^[a-z+]+://" (trim .) "" | splitList "/" | first | splitList "@" | last -}}
{{- $ports = append $ports (regexFind ":[0-9]+$" $authority | trimPrefix ":" | default ($.port | toString) | int) -}}
{{- end -}}
{{- uniq $ports | toJson -}}
{{- end -}}
