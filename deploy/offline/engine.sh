#!/usr/bin/env bash
# Starts Docker's engine if none answers, and installs it first if it is missing.
#
# The engine outlives this script; its process id is in $cache/dockerd.pid, and
# stop.sh stops it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=settings.sh
source "$(dirname "$0")/settings.sh"

engine_answers() { docker info >/dev/null 2>&1; }

engine_answers && exit
[[ $(id -u) == 0 ]] || fail "no Docker engine answers, and only root can start one"
missing=()
for package in docker.io:dockerd iptables:iptables ca-certificates:update-ca-certificates; do
	command -v "${package#*:}" >/dev/null || missing+=("${package%:*}")
done
((${#missing[@]} == 0)) || install_packages "${missing[@]}"
# The package may have started its service.
engine_answers && exit

rm -f "$cache/docker.pid" # of an engine that was killed
setsid nohup dockerd --pidfile "$cache/docker.pid" </dev/null >"$cache/dockerd.log" 2>&1 &
engine=$!
echo "$engine" >"$cache/dockerd.pid"
# A signal ends the wait; the engine must not outlive it then.
trap 'kill "$engine" 2>/dev/null || true; rm -f "$cache/dockerd.pid"' EXIT
for ((i = 0; i < 120; i++)); do
	if engine_answers; then
		say "started the engine $(docker version --format '{{.Server.Version}}') as process $engine"
		trap - EXIT
		exit
	fi
	kill -0 "$engine" 2>/dev/null || break
	sleep 0.5
done
tail -n 20 "$cache/dockerd.log" >&2
fail "the Docker engine does not start; its log is $cache/dockerd.log"
