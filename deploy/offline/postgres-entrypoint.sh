#!/bin/sh
# Prepares the database like the vendor's image, as far as docker-compose.yml needs
# it, then becomes the server.
set -eu

user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
if [ ! -s "$PGDATA/PG_VERSION" ]; then
	: "${POSTGRES_PASSWORD:?set the password of the first user}"
	mkdir -p "$PGDATA"
	chmod 700 "$PGDATA"
	password_file=$(mktemp)
	printf '%s\n' "$POSTGRES_PASSWORD" >"$password_file"
	initdb --username="$user" --pwfile="$password_file" --auth-host=scram-sha-256 --auth-local=trust >/dev/null
	rm -f "$password_file"
	echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
	if [ "$database" != postgres ]; then
		echo "CREATE DATABASE \"$database\";" | postgres --single -j postgres >/dev/null
	fi
fi
exec "$@" -c listen_addresses='*'
