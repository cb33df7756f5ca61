{{/*
Labels and annotations of pods that end. (dict "root" . "component" "migrate")
Values: podLabels and podAnnotations, and over them jobs.podLabels and jobs.podAnnotations.
*/}}
{{- define "concert-api.jobMetadata" -}}
{{- $values := .root.Values -}}
metadata:
  labels:
    {{- mergeOverwrite (include "common.podLabels" . | fromYaml) (deepCopy $values.jobs.podLabels) | toYaml | nindent 4 }}
  {{- with mergeOverwrite (deepCopy $values.podAnnotations) (deepCopy $values.jobs.podAnnotations) }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/*
The pod of a Job that runs a tool as the database's administrator.
  (dict "root" . "component" "migrate" "args" (list) "resources" (dict) "deadlineSeconds" 900 ["hook" true])
*/}}
{{- define "concert-api.toolJob" -}}
{{- $root := .root -}}
{{- $spec := include "common.podSpec" (dict "root" $root "uid" 1000) | fromYaml -}}
{{- if .hook -}}
{{- /* It may run before the release's own account exists. */ -}}
{{- $_ := set $spec "serviceAccountName" "default" -}}
{{- end -}}
# --wait: the database may be starting beside it; the first start of a new one may take longer than that.
backoffLimit: 20
activeDeadlineSeconds: {{ .deadlineSeconds }}
{{- if .hook }}
ttlSecondsAfterFinished: 86400
{{- end }}
template:
  {{- include "concert-api.jobMetadata" . | nindent 2 }}
  spec:
    {{- toYaml $spec | nindent 4 }}
    restartPolicy: OnFailure
    containers:
      - name: {{ .component }}
        {{- include "concert-api.container" $root | nindent 8 }}
        args:
          {{- if $root.Values.devImage }}
          - --require=./scripts/dev.js
          - src/cli/{{ .component }}.ts
          {{- else }}
          - dist/cli/{{ .component }}.js
          {{- end }}
          {{- range .args }}
          - {{ . | quote }}
          {{- end }}
          - --wait=30
        env:
          {{- with $root.Values.extraEnv }}
          {{- toYaml . | nindent 10 }}
          {{- end }}
          {{- include "concert-api.databaseEnv" (dict "root" $root "admin" true) | nindent 10 }}
        resources:
          {{- include "common.resources" $root.Values.migrate.resources | nindent 10 }}
        {{- with $root.Values.extraVolumeMounts }}
        volumeMounts:
          {{- toYaml . | nindent 10 }}
        {{- end }}
    {{- with $root.Values.extraVolumes }}
    volumes:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end -}}
