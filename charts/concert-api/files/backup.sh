#!/bin/sh
# Writes a consistent dump of $DATABASE to $FOLDER while the product runs, and deletes all but the newest $KEEP.
# Environment: DATABASE_HOST DATABASE_PORT DATABASE_USER MYSQL_PWD DATABASE FOLDER KEEP; arguments: more options of mariadb-dump
set -eu
umask 077
name=concert-$(date -u +%Y%m%dT%H%M%SZ).sql.gz
part=$(mktemp "$FOLDER/.$name.part.XXXXXX") # two that begin in the same second write a file each
trap 'rm -f "$part"' EXIT
# A shell that a signal ends would leave the file behind, and the dump running. Without gzip nobody reads the dump: it ends.
trap 'kill "${!:-}" 2>/dev/null || :; exit 130' INT
trap 'kill "${!:-}" 2>/dev/null || :; exit 143' TERM HUP

# No locks: the snapshot of one transaction is consistent. Rights of accounts are not in it; migrating grants them again.
mariadb-dump --host="$DATABASE_HOST" --port="$DATABASE_PORT" --user="$DATABASE_USER" --protocol=tcp "$@" \
  --single-transaction --skip-lock-tables --quick --hex-blob --default-character-set=utf8mb4 "$DATABASE" |
  gzip >"$part" &
wait $!
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A pipe ends well although its first program has failed: only the last line tells.
if ! gzip -dc "$part" | tail -n 1 | grep -q '^-- Dump completed'; then
  echo "The dump of $DATABASE on $DATABASE_HOST is not whole: nothing was kept of it." >&2
  exit 1
fi
mv "$part" "$FOLDER/$name"
sync "$FOLDER/$name" "$FOLDER" 2>/dev/null || sync
echo "written: $name, $(wc -c <"$FOLDER/$name") bytes"

ls -1 "$FOLDER" | grep '^concert-[0-9TZ]*\.sql\.gz$' | sort -r | tail -n "+$((KEEP + 1))" | while read -r old; do
  rm -f "$FOLDER/$old"
  echo "deleted: $old"
done
