#!/bin/sh
# Writes a consistent dump of $DATABASE to $FOLDER while the product runs, and deletes all but the newest $KEEP.
# Environment: DATABASE_HOST DATABASE_PORT DATABASE_USER MYSQL_PWD DATABASE FOLDER KEEP; arguments: more options of mariadb-dump
set -eu
umask 077
name=concert-$(date -u +%Y%m%dT%H%M%SZ).sql.gz
part=$FOLDER/.$name.part
trap 'rm -f "$part"' EXIT

# No locks: the snapshot of one transaction is consistent. Rights of accounts are not in it; migrating grants them again.
mariadb-dump --host="$DATABASE_HOST" --port="$DATABASE_PORT" --user="$DATABASE_USER" --protocol=tcp "$@" \
  --single-transaction --skip-lock-tables --quick --hex-blob --default-character-set=utf8mb4 "$DATABASE" |
  gzip >"$part"

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
