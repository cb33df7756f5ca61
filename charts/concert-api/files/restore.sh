#!/bin/sh
# Replaces $DATABASE by a dump that backup.sh has written: by $FILE in $FOLDER, or by the newest. Nothing of the product
# may run meanwhile. Afterwards migrate: the dump has the schema of its time, and no rights of accounts.
# Environment: DATABASE_HOST DATABASE_PORT DATABASE_USER MYSQL_PWD DATABASE FOLDER FILE, WAIT_SECONDS for a worker to end
# (default 12); arguments: more options of mariadb
set -eu
file=${FILE:-$(ls -1 "$FOLDER" | grep '^concert-[0-9TZ]*\.sql\.gz$' | sort | tail -n 1)}
if [ -z "$file" ] || [ ! -f "$FOLDER/$file" ]; then
  echo "There is no backup ${file:-at all} in $FOLDER. There are:" >&2
  ls -1 "$FOLDER" >&2
  exit 1
fi
# Before anything is deleted.
if ! gzip -dc "$FOLDER/$file" | tail -n 1 | grep -q '^-- Dump completed'; then
  echo "$file is not whole: nothing was changed." >&2
  exit 1
fi
set -- --host="$DATABASE_HOST" --port="$DATABASE_PORT" --user="$DATABASE_USER" --protocol=tcp \
  --default-character-set=utf8mb4 --batch --skip-column-names "$@"
# A process that runs would write into the half-loaded database, and the restore would fail with nothing left. Workers show
# by their leases, which end ten seconds after a worker was killed. (Those of the invariant checks may be longer.) A
# database that an earlier restore has left empty has none.
leases() {
  mariadb "$@" --execute="SELECT COUNT(*) FROM \`$DATABASE\`.outbox_lease
    WHERE held_until > UTC_TIMESTAMP(3) AND name <> 'invariants'" 2>/dev/null || echo 0
}
waited=0
while [ "$(leases "$@")" != 0 ]; do
  if [ "$waited" -ge "${WAIT_SECONDS:-12}" ]; then
    echo "A worker of the product uses $DATABASE: stop every process first. Nothing was changed." >&2
    exit 1
  fi
  sleep 1
  waited=$((waited + 1))
done
# The dump does not have the character set of the database, which new tables take over.
charset=$(mariadb "$@" --execute="SELECT CONCAT('CHARACTER SET ', DEFAULT_CHARACTER_SET_NAME, ' COLLATE ', DEFAULT_COLLATION_NAME)
  FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '$DATABASE'")
# A shell that a signal ends would leave the load running, beside that of the next restore.
half() {
  kill "${!:-}" 2>/dev/null || :
  echo "$DATABASE is half restored: restore it again." >&2
  exit "$1"
}
trap 'half 130' INT
trap 'half 143' TERM HUP
# Tables that are newer than the dump must go as well.
mariadb "$@" --execute="DROP DATABASE IF EXISTS \`$DATABASE\`; CREATE DATABASE \`$DATABASE\` $charset"
gzip -dc "$FOLDER/$file" | mariadb "$@" "$DATABASE" &
wait $!
trap - INT TERM HUP
echo "restored: $file"
