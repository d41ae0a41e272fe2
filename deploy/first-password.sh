#!/bin/sh
# Runs once, while a new database's server listens on its own socket only: gives its superuser the password of the file.
psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username postgres --dbname postgres \
  --command "ALTER ROLE postgres PASSWORD '$(cat /run/secrets/server/password)'"
