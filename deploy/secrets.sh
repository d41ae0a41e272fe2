#!/bin/sh
# Creates the passwords of the databases as files, once: one password per role.
# Each role has its own folder: <service>-server, <service>-owner, <service>-runner. Only its owner can open FOLDER. The
# files in it are readable, because a container reads them as another user.
#   deploy/secrets.sh [FOLDER]
set -eu
folder=${1:-secrets}
umask 022
mkdir -p "$folder"

password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# create FILE TEXT: write a file, unless it exists.
create() {
  [ -s "$folder/$1" ] && return
  mkdir -p "$folder/${1%/*}"
  printf '%s' "$2" >"$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
}

for service in gateway permits notifications; do
  create "$service-server/password" "$(password)"
  create "$service-server/url" "postgresql+asyncpg://postgres:$(cat "$folder/$service-server/password")@$service-db/postgres"
  create "$service-owner/url" "postgresql+asyncpg://${service}_owner:$(password)@$service-db/$service"
  create "$service-runner/url" "postgresql+asyncpg://${service}_runner:$(password)@$service-db/$service"
done
[ "$(stat -c %a "$folder")" = 700 ] || chmod 700 "$folder"
