# Settings that the scripts of this folder share. It is sourced, never run.
# shellcheck shell=bash disable=SC2034 # the variables are for the scripts that source this file

# Versions. Each stand-in is built from the release named here.
compose_version=v2.40.3
prometheus_version=3.15.0
prometheus_module=v0.315.0
jaeger_version=2.13.0
jaeger_module=v1.76.0
debian_release=bookworm

# Names of the images in docker-compose.yml and deploy/Dockerfile.
go_image=golang:1.26.8-alpine
static_image=gcr.io/distroless/static-debian13:nonroot
prometheus_image=prom/prometheus:v$prometheus_version
# The module proxy serves no later Jaeger than jaeger_version.
jaeger_image=jaegertracing/jaeger:2.20.0
postgres_image=postgres:18.6
debian_image=debian:bookworm-20260918-slim

cache=${LOADLAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/loadlab}
offline=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$cache/bin"

# say prints progress on stderr, because stdout is for results.
say() { printf '%(%H:%M:%S)T offline: %s\n' -1 "$*" >&2; }

# fail prints the reason and exits.
fail() {
	say "error: $*"
	exit 1
}

# install_packages installs the named Debian packages.
install_packages() {
	command -v apt-get >/dev/null || fail "apt-get is needed to install: $*"
	say "installing $*"
	local options=(-y -qq --no-install-recommends -o Dpkg::Use-Pty=0)
	export DEBIAN_FRONTEND=noninteractive
	apt-get install "${options[@]}" "$@" </dev/null >"$cache/apt.log" 2>&1 ||
		{ apt-get update -qq && apt-get install "${options[@]}" "$@"; } </dev/null >>"$cache/apt.log" 2>&1 ||
		{ tail -n 20 "$cache/apt.log" >&2 && fail "these packages cannot be installed: $*"; }
}
