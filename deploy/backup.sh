#!/bin/sh
# Writes a backup of a hub in containers into a folder: three databases, the key sets, the passwords.
#   COMPOSE="docker compose" deploy/backup.sh FOLDER
set -eu
compose=${COMPOSE:-docker compose} folder=${1:?name a folder for the backup}
umask 077
mkdir -p "$folder"

# A receiver comes before its sender, so that the sender can send again what the receiver lacks.
for service in notifications permits gateway; do
  echo "database $service"
  $compose exec -T "$service-db" sh -c \
    "PGPASSWORD=\$(cat /run/secrets/server/password) pg_dump -h 127.0.0.1 -U postgres --format custom $service" \
    >"$folder/$service.dump.new"
  mv "$folder/$service.dump.new" "$folder/$service.dump"
done
echo "keys"
$compose run --rm -T --no-deps --entrypoint tar keys c -C /keys gateway permits notifications public >"$folder/keys.tar.new"
mv "$folder/keys.tar.new" "$folder/keys.tar"
echo "passwords"
$compose run --rm -T --no-deps --entrypoint tar passwords c -C /secrets . >"$folder/secrets.tar.new"
mv "$folder/secrets.tar.new" "$folder/secrets.tar"
