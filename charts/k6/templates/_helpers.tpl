{{/*
A Job cannot be changed: other content is another Job with another name, and the one before goes on to its end. The same
content is the same Job, unless `run` is another.
*/}}
{{- define "k6.jobName" -}}
{{- $sum := printf "%s %s" (include "k6.spec" (dict "root" . "testId" "")) .Values.run | sha256sum | trunc 8 -}}
{{ include "common.fullname" . | trunc 54 | trimSuffix "-" }}-{{ $sum }}
{{- end -}}

{{/* Enough of the distribution of a part that those of all parts can be put together (scripts/cluster/merge.js). */}}
{{- define "k6.quantiles" -}}
{{- $quantiles := list -}}
{{- range $i := untilStep 1 96 1 -}}{{- $quantiles = append $quantiles (printf "p(%d)" $i) -}}{{- end -}}
{{- range $i := untilStep 951 1000 1 -}}{{- $quantiles = append $quantiles (printf "p(%d.%d)" (div $i 10) (mod $i 10)) -}}{{- end -}}
{{- range $i := untilStep 9991 10000 1 -}}{{- $quantiles = append $quantiles (printf "p(99.9%d)" (mod $i 10)) -}}{{- end -}}
{{- join "," $quantiles -}}
{{- end -}}

{{/* The Job's spec. (dict "root" . "testId" "the Job's name") */}}
{{- define "k6.spec" -}}
{{- $pods := int .root.Values.pods -}}
{{- with .root -}}
backoffLimit: 0
completions: {{ $pods }}
parallelism: {{ $pods }}
{{- if gt $pods 1 }}
completionMode: Indexed
{{- end }}
ttlSecondsAfterFinished: {{ .Values.ttlSeconds }}
template:
  metadata:
    labels:
      {{- include "common.podLabels" . | nindent 6 }}
    {{- with .Values.podAnnotations }}
    annotations:
      {{- toYaml . | nindent 6 }}
    {{- end }}
  spec:
    {{- include "common.podSpec" (dict "root" . "uid" 12345) | nindent 4 }}
    restartPolicy: Never
    terminationGracePeriodSeconds: 60
    containers:
      - name: k6
        image: {{ include "common.image" (dict "root" .) }}
        imagePullPolicy: {{ .Values.image.pullPolicy }}
        # Exit code 99 of k6 means a crossed threshold; kubectl describe shows the message.
        command: [sh, -c]
        args:
          - |
            {{- if gt $pods 1 }}
            # One part of the users and of the rates. Only the first pod reads balances before and after: the users are the same.
            i=$JOB_COMPLETION_INDEX
            [ $i -eq 0 ] || export AUDIT=0
            set -- "$@" --execution-segment $i/{{ $pods }}:$((i + 1))/{{ $pods }}
            {{- end }}
            k6 run --quiet --no-usage-report "$@" &
            trap "kill -TERM $!" TERM
            wait $!; code=$?
            while kill -0 $! 2>/dev/null; do wait $!; code=$?; done
            {{- if or .Values.report (gt $pods 1) }}
            for file in summary.json k6.ndjson; do
              if [ -f /tmp/$file ]; then echo "=== $file"; gzip -c /tmp/$file | base64; fi
            done
            echo '==='
            {{- end }}
            {{- if gt $pods 1 }}
            # A part may miss a threshold that the whole keeps, and the other way round: the whole is judged, by who reads the logs.
            [ $code -ne 99 ] || code=0
            {{- end }}
            [ $code -ne 99 ] || echo 'thresholds failed' | tee /dev/termination-log
            exit $code
          - k6
          - --summary-trend-stats=avg,min,med,max,p(90),p(95),p(99),count{{ if gt $pods 1 }},{{ include "k6.quantiles" . }}{{ end }}
          {{- if gt $pods 1 }}
          {{- $ends := list "0" }}
          {{- range $i := until $pods }}
          {{- $ends = append $ends (eq (add $i 1) $pods | ternary "1" (printf "%d/%d" (add $i 1) $pods)) }}
          {{- end }}
          - --execution-segment-sequence={{ join "," $ends }}
          {{- end }}
          {{- if .Values.influx.enabled }}
          - --out=influxdb={{ tpl .Values.influx.url . }}/{{ .Values.influx.database }}
          {{- end }}
          - /scripts/{{ .Values.scenario }}.ts
        env:
          {{- with .Values.extraEnv }}
          {{- toYaml . | nindent 10 }}
          {{- end }}
          - name: BASE_URL
            value: {{ tpl .Values.baseUrl . | quote }}
          - name: TEST_ID
            value: {{ .Values.testId | default $.testId | quote }}
          {{- if or .Values.report (gt $pods 1) }}
          - name: SUMMARY
            value: /tmp/summary.json
          {{- end }}
          {{- if .Values.report }}
          {{- range $name, $value := dict "K6_WEB_DASHBOARD" "true" "K6_WEB_DASHBOARD_PORT" "-1" "K6_WEB_DASHBOARD_PERIOD" "1s" "K6_WEB_DASHBOARD_TAGS" "endpoint" "K6_WEB_DASHBOARD_RECORD" "/tmp/k6.ndjson" }}
          - name: {{ $name }}
            value: {{ $value | quote }}
          {{- end }}
          {{- end }}
          {{- range $name, $value := .Values.variables }}
          - name: {{ $name }}
            value: {{ $value | toString | quote }}
          {{- end }}
        securityContext:
          {{- include "common.containerSecurityContext" . | nindent 10 }}
        resources:
          {{- include "common.resources" .Values.resources | nindent 10 }}
        volumeMounts:
          {{- with .Values.extraVolumeMounts }}
          {{- toYaml . | nindent 10 }}
          {{- end }}
          - name: scripts
            mountPath: /scripts
          - name: tmp
            mountPath: /tmp
    volumes:
      {{- with .Values.extraVolumes }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
      - name: scripts
        projected:
          sources:
            - configMap:
                name: {{ include "common.fullname" . }}-scripts
            - configMap:
                name: {{ include "common.fullname" . }}-lib
                items:
                  {{- range $path, $_ := .Files.Glob "scripts/lib/*.ts" }}
                  - { key: {{ base $path }}, path: lib/{{ base $path }} }
                  {{- end }}
      - name: tmp
        emptyDir: { sizeLimit: 256Mi }
{{- end -}}
{{- end -}}
