#!/bin/sh
# Restores a backup of deploy/backup.sh into a hub. The hub loses the data that it has.
#   COMPOSE="docker compose" deploy/restore.sh FOLDER
set -eu
compose=${COMPOSE:-docker compose} folder=${1:?name the folder of the backup}
services="gateway permits notifications"
for file in gateway.dump permits.dump notifications.dump keys.tar secrets.tar; do
  [ -s "$folder/$file" ] || { echo "$folder/$file is missing or empty: the backup is not complete" >&2; exit 1; }
done

# Keys come first, because otherwise the job `keys` creates new ones. An existing database keeps its own passwords.
if ! $compose ps -q gateway-db | grep -q .; then
  echo "passwords"
  $compose run --rm -T --no-deps --entrypoint tar passwords x -C /secrets <"$folder/secrets.tar"
fi
echo "keys"
$compose run --rm -T --no-deps --entrypoint tar keys x --no-overwrite-dir -C /keys <"$folder/keys.tar"
echo "databases and roles"
$compose up --detach gateway-db permits-db notifications-db
$compose stop gateway permits permits-worker notifications notifications-worker
$compose run --rm -T prepare
for service in $services; do
  echo "database $service"
  $compose exec -T "$service-db" sh -c \
    "PGPASSWORD=\$(cat /run/secrets/server/password) pg_restore -h 127.0.0.1 -U postgres -d $service --clean --if-exists --single-transaction" \
    <"$folder/$service.dump"
done
$compose up --detach
