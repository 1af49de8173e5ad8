#!/usr/bin/env bash
# Stops the engine, if engine.sh started it.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=settings.sh
source "$(dirname "$0")/settings.sh"

[[ -f $cache/dockerd.pid ]] || exit 0
engine=$(<"$cache/dockerd.pid")
# The process id may belong to another program by now.
if [[ $(cat "/proc/$engine/comm" 2>/dev/null) == dockerd ]]; then
	kill "$engine"
	while kill -0 "$engine" 2>/dev/null; do sleep 0.2; done
fi
rm -f "$cache/dockerd.pid"
