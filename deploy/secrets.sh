#!/bin/sh
# Makes what the containers share with their databases and nobody else: a password a role, once, in files.
# A folder each for who is shown it: <service>-server, <service>-owner, <service>-runner. The folder around them is for
# its owner only; what is inside is readable, for a container reads it as another user.
#   deploy/secrets.sh [FOLDER]
set -eu
folder=${1:-secrets}
umask 022
mkdir -p "$folder"

password() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# keep FILE TEXT: write a file whole, unless it is there.
keep() {
  [ -s "$folder/$1" ] && return
  mkdir -p "$folder/${1%/*}"
  printf '%s' "$2" >"$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
}

for service in gateway permits notifications; do
  keep "$service-server/password" "$(password)"
  keep "$service-server/url" "postgresql+asyncpg://postgres:$(cat "$folder/$service-server/password")@$service-db/postgres"
  keep "$service-owner/url" "postgresql+asyncpg://${service}_owner:$(password)@$service-db/$service"
  keep "$service-runner/url" "postgresql+asyncpg://${service}_runner:$(password)@$service-db/$service"
done
[ "$(stat -c %a "$folder")" = 700 ] || chmod 700 "$folder"
