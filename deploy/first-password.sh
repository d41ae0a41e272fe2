#!/bin/sh
# Sets the superuser's password from its file. Runs once, while the server of a new database listens only on its socket.
psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet --username postgres --dbname postgres \
  --command "ALTER ROLE postgres PASSWORD '$(cat /run/secrets/server/password)'"
