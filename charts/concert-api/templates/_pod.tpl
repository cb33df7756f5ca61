{{/* What the pods of the API, of the worker and of the pages have in common. */}}

{{/*
A Deployment's pods. (dict "root" . "component" "api" "size" of the preset "role" "api" "processes" 1)
*/}}
{{- define "concert-api.pod" -}}
{{- $root := .root -}}
{{- $shutdown := $root.Values.shutdown -}}
{{- $waitMs := add $shutdown.drainMs $shutdown.graceMs | int -}}
metadata:
  labels:
    {{- include "common.podLabels" . | nindent 4 }}
  annotations:
    {{- include "common.checksum" (dict "root" $root "templates" (list "configmap.yaml")
      "values" (list $root.Values.tokenSecret $root.Values.tokenSecretSecondary
        $root.Values.webhookEncryptionKey $root.Values.webhookEncryptionKeySecondary $root.Values.database $root.Values.redis)) | nindent 4 }}
    {{- with $root.Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- /* The quota is for those who work on the stores: pages must come up also when it is used up. */}}
  {{- if eq .role "web" }}
  {{- include "common.podSpec" (dict "root" $root "uid" 1000) | nindent 2 }}
  {{- else }}
  {{- include "concert-api.podSpec" $root | nindent 2 }}
  {{- end }}
  # What the process waits for, the pause before it, and 5 s to close what is left.
  terminationGracePeriodSeconds: {{ add $shutdown.preStopSeconds (div (add $waitMs 999) 1000) 5 }}
  topologySpreadConstraints:
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - topologyKey: {{ . }}
      maxSkew: 1
      # A second pod on one node is better than none.
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "common.selectorLabels" $ | nindent 10 }}
      matchLabelKeys: [pod-template-hash]
    {{- end }}
  containers:
    - name: {{ .component }}
      {{- include "concert-api.container" $root | nindent 6 }}
      envFrom:
        - configMapRef:
            name: {{ include "common.fullname" $root }}
      env:
        {{- with $root.Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        - name: ROLE
          value: {{ .role }}
        - name: WORKERS
          value: {{ .processes | quote }}
        {{- if ne .role "web" }}
        - name: DATABASE_POOL_MAX
          value: {{ .size.poolMax | quote }}
        {{- end }}
        - name: NODE_OPTIONS
          value: {{ include "concert-api.nodeOptions" (dict "root" $root "memory" .size.resources.limits.memory "processes" .processes) }}
        {{- with dig "resources" "requests" "cpu" "" .size }}
        - name: POD_CPU_REQUEST_MILLICORES
          value: {{ include "concert-api.millicores" . | quote }}
        {{- end }}
        {{- $secret := $root.Values.tokenExistingSecret | default (include "common.fullname" $root) }}
        {{- include "concert-api.fromSecret" (dict "name" "TOKEN_SECRET" "secret" $secret) | nindent 8 }}
        {{- include "concert-api.fromSecret" (dict "name" "TOKEN_SECRET_SECONDARY" "secret" $secret "optional" true) | nindent 8 }}
        {{- if eq (toString $root.Values.config.TOKEN_GATE) "turnstile" }}
        {{- include "concert-api.fromSecret" (dict "name" "TOKEN_TURNSTILE_SECRET" "secret" $secret) | nindent 8 }}
        {{- end }}
        {{- if ne .role "web" }}
        {{- include "concert-api.fromSecret" (dict "name" "TRANSPARENCY_SECRET" "secret" $secret "optional" true) | nindent 8 }}
        {{- /* Given as values they are in our own Secret, also beside one of yours for the tokens. */}}
        {{- range $name, $given := dict "WEBHOOK_ENCRYPTION_KEY" $root.Values.webhookEncryptionKey "WEBHOOK_ENCRYPTION_KEY_SECONDARY" $root.Values.webhookEncryptionKeySecondary }}
        {{- $from := ternary (include "common.fullname" $root) $secret (not (empty $given)) }}
        {{- include "concert-api.fromSecret" (dict "name" $name "secret" $from "optional" true) | nindent 8 }}
        {{- end }}
        {{- end }}
        {{- with $root.Values.managementTokenSecret }}
        {{- include "concert-api.fromSecret" (dict "name" "MANAGEMENT_TOKEN" "secret" .) | nindent 8 }}
        {{- end }}
        {{- if ne .role "web" }}
        {{- include "concert-api.databaseEnv" (dict "root" $root) | nindent 8 }}
        {{- end }}
        {{- include "concert-api.redisEnv" $root | nindent 8 }}
        {{- /* Only who does the background work talks to the brokers. */}}
        {{- if and (ne .role "api") (ne $root.Values.kafka.securityProtocol "PLAINTEXT") }}
        - name: KAFKA_SECURITY_PROTOCOL
          value: {{ $root.Values.kafka.securityProtocol }}
        {{- if hasPrefix "SASL" $root.Values.kafka.securityProtocol }}
        {{- $account := $root.Values.kafka.existingSecret | required "kafka.securityProtocol begins with SASL: name the Secret with username and password in kafka.existingSecret." }}
        - name: KAFKA_SASL_MECHANISM
          value: {{ $root.Values.kafka.saslMechanism }}
        {{- include "concert-api.fromSecret" (dict "name" "KAFKA_SASL_USERNAME" "secret" $account "key" "username") | nindent 8 }}
        {{- include "concert-api.fromSecret" (dict "name" "KAFKA_SASL_PASSWORD" "secret" $account "key" "password") | nindent 8 }}
        {{- end }}
        {{- end }}
      ports:
        - name: http
          containerPort: 8080
        # Metrics and documents, for operators alone
        - name: management
          containerPort: 9090
      # It listens before it has met its database: that is alive, and ready only when it has, and when all
      # migrations of its version are there. A lost database does not make a pod unready (ADR 0004).
      startupProbe:
        httpGet: { path: /health/live, port: http }
        periodSeconds: 1
        timeoutSeconds: 5
        failureThreshold: 120
      readinessProbe:
        httpGet: { path: /health/ready, port: http }
        periodSeconds: 1 # a new pod is wanted the second it can serve
        timeoutSeconds: 3
        # A pod that is too slow to answer is as overloaded as the others: without it they would have its load as well.
        # One that starts or ends says so, and one that hangs is restarted by the next probe.
        failureThreshold: 10
      livenessProbe:
        httpGet: { path: /health/live, port: http }
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      {{- with $shutdown.preStopSeconds }}
      # Load balancers must stop using the pod first: clients whose connections close would else reconnect to this pod.
      lifecycle:
        preStop:
          sleep:
            seconds: {{ . }}
      {{- end }}
      resources:
        {{- include "common.resources" .size.resources | nindent 8 }}
      {{- with $root.Values.extraVolumeMounts }}
      volumeMounts:
        {{- toYaml . | nindent 8 }}
      {{- end }}
  {{- with $root.Values.extraVolumes }}
  volumes:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* Priority class of pods that serve, by which the quota selects them. */}}
{{- define "concert-api.podSpec" -}}
{{- $spec := include "common.podSpec" (dict "root" . "uid" 1000) | fromYaml -}}
{{- with include "concert-api.priorityClassName" . -}}
{{- $_ := set $spec "priorityClassName" . -}}
{{- end -}}
{{- toYaml $spec -}}
{{- end -}}

{{/* Image and rights of every container. */}}
{{- define "concert-api.container" -}}
image: {{ include "common.image" (dict "root" .) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- $security := include "common.containerSecurityContext" . | fromYaml -}}
{{- if .Values.devImage -}}
{{- $_ := set $security "readOnlyRootFilesystem" false -}}
{{- end }}
securityContext:
  {{- toYaml $security | nindent 2 }}
{{- end -}}
