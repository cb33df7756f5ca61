{{/* Backups: CronJob backup, and CronJob restore, which never runs by itself. */}}

{{/* Names of CronJobs have 52 letters at most, so that their Jobs' have 63. (dict "root" . "suffix" "backup") */}}
{{- define "concert-api.cronName" -}}
{{- $name := include "common.fullname" .root -}}
{{- if gt (len $name) 43 -}}
{{- $name = printf "%s-%s" (trunc 34 $name | trimSuffix "-") (sha256sum $name | trunc 8) -}}
{{- end -}}
{{- printf "%s-%s" $name .suffix -}}
{{- end -}}

{{- define "concert-api.backupHost" -}}
{{- $host := .Values.backup.database.host -}}
{{- if $host -}}
{{- $host -}}
{{- else if include "concert-api.mariadbInRelease" . -}}
{{- .Values.database.host | default (include "concert-api.peer" (dict "root" . "chart" "mariadb")) -}}
{{- else -}}
{{- fail "backup.enabled: the MariaDB is not of this release; name it in backup.database.host, and the Secret with the passwords in backup.database.passwordSecret." -}}
{{- end -}}
{{- end -}}

{{- define "concert-api.backupSecret" -}}
{{- $secret := .Values.backup.database.passwordSecret | default (ternary .Values.database.passwordSecret "" (include "concert-api.mariadbInRelease" . | eq "true")) -}}
{{- if and (not $secret) (not (include "concert-api.mariadbInRelease" .)) -}}
{{- fail "backup.enabled: name the Secret with the password of backup.database.user in backup.database.passwordSecret." -}}
{{- end -}}
{{- $secret | default (include "concert-api.backupHost" .) -}}
{{- end -}}

{{- define "concert-api.backupClaim" -}}
{{- .Values.backup.claim.existingClaim | default (printf "%s-backup" (include "common.fullname" .)) -}}
{{- end -}}

{{/* Can the Job restore migrate as well? The administrator's URL of values exists in the cluster only during an upgrade. */}}
{{- define "concert-api.canRestore" -}}
{{- if not (and .Values.database.url (not .Values.database.existingSecret)) }}true{{ end -}}
{{- end -}}

{{/*
A container of MariaDB's image that runs a script of files/ on the database.
  (dict "root" . "name" "backup" "user" "concert_backup" "key" "backup-password")
*/}}
{{- define "concert-api.backupContainer" -}}
{{- $root := .root -}}
{{- $own := $root.Values.backup -}}
- name: {{ .name }}
  image: {{ include "common.image" (dict "root" $root "image" $own.image) }}
  imagePullPolicy: {{ $own.image.pullPolicy }}
  securityContext:
    {{- include "common.containerSecurityContext" $root | nindent 4 }}
  command: [sh, /scripts/{{ .name }}.sh]
  {{- with $own.database.options }}
  args:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  env:
    - name: DATABASE_HOST
      value: {{ include "concert-api.backupHost" $root | quote }}
    - name: DATABASE_PORT
      value: {{ $own.database.port | int | quote }}
    - name: DATABASE
      value: {{ $own.database.name | quote }}
    - name: DATABASE_USER
      value: {{ .user | quote }}
    {{- include "concert-api.fromSecret" (dict "name" "MYSQL_PWD" "secret" (include "concert-api.backupSecret" $root) "key" .key) | nindent 4 }}
    - name: FOLDER
      value: /backups
    - name: KEEP
      value: {{ $own.keep | int | quote }}
    - name: FILE
      value: ''
  resources:
    {{- include "common.resources" $own.resources | nindent 4 }}
  volumeMounts:
    - name: scripts
      mountPath: /scripts
    - name: backups
      mountPath: /backups
    - name: tmp
      mountPath: /tmp
    {{- with $root.Values.extraVolumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* A container that copies to or from an S3-compatible store. (dict "root" . "name" "upload" "script" "…") */}}
{{- define "concert-api.s3Container" -}}
{{- $root := .root -}}
{{- $s3 := $root.Values.backup.s3 -}}
- name: {{ .name }}
  image: {{ include "common.image" (dict "root" $root "image" $s3.image) }}
  imagePullPolicy: {{ $s3.image.pullPolicy }}
  securityContext:
    {{- include "common.containerSecurityContext" $root | nindent 4 }}
  command: [sh, -euc]
  args:
    - |
      {{- .script | nindent 6 }}
  env:
    - name: RCLONE_CONFIG_STORE_TYPE
      value: s3
    - name: RCLONE_CONFIG_STORE_PROVIDER
      value: {{ $s3.provider | quote }}
    - name: RCLONE_CONFIG_STORE_ENDPOINT
      value: {{ $s3.endpoint | quote }}
    - name: RCLONE_CONFIG_STORE_REGION
      value: {{ $s3.region | quote }}
    {{- if $s3.workloadIdentity }}
    - name: RCLONE_CONFIG_STORE_ENV_AUTH
      value: 'true'
    {{- else }}
    {{- include "concert-api.fromSecret" (dict "name" "RCLONE_CONFIG_STORE_ACCESS_KEY_ID" "secret" $s3.existingSecret "key" "access-key") | nindent 4 }}
    {{- include "concert-api.fromSecret" (dict "name" "RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY" "secret" $s3.existingSecret "key" "secret-key") | nindent 4 }}
    {{- end }}
    # A folder that may be written: the image has none.
    - name: RCLONE_CACHE_DIR
      value: /tmp
    - name: HOME
      value: /tmp
    - name: STORE
      value: {{ printf "store:%s" (trimSuffix "/" (printf "%s/%s" $s3.bucket $s3.prefix)) | quote }}
    - name: FILE
      value: ''
  resources:
    {{- include "common.resources" $root.Values.backup.resources | nindent 4 }}
  volumeMounts:
    - name: backups
      mountPath: /backups
    - name: tmp
      mountPath: /tmp
{{- end -}}

{{- define "concert-api.backupVolumes" -}}
- name: scripts
  configMap:
    name: {{ include "common.fullname" . }}-backup
- name: backups
  persistentVolumeClaim:
    claimName: {{ include "concert-api.backupClaim" . }}
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The pod that makes a backup. (dict "root" . "component" "backup") */}}
{{- define "concert-api.backupPod" -}}
{{- $part := . -}}
{{- $own := .root.Values.backup -}}
{{- with .root -}}
template:
  {{- include "concert-api.jobMetadata" $part | nindent 2 }}
  spec:
    {{- include "common.podSpec" (dict "root" . "uid" 999) | nindent 4 }}
    restartPolicy: OnFailure
    {{- $dump := include "concert-api.backupContainer" (dict "root" . "name" "backup" "user" $own.database.user "key" $own.database.passwordKey) }}
    {{- if $own.s3.enabled }}
    initContainers:
      {{- $dump | nindent 6 }}
    containers:
      {{- $script := printf "rclone copy /backups \"$STORE\" --include 'concert-*.sql.gz' --no-traverse\nrclone delete \"$STORE\" --include 'concert-*.sql.gz' --min-age %dd" (int $own.s3.keepDays) }}
      {{- include "concert-api.s3Container" (dict "root" . "name" "upload" "script" $script) | nindent 6 }}
    {{- else }}
    containers:
      {{- $dump | nindent 6 }}
    {{- end }}
    volumes:
      {{- include "concert-api.backupVolumes" . | nindent 6 }}
{{- end -}}
{{- end -}}
