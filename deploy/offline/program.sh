#!/usr/bin/env bash
# Builds a third-party program from its released Go module, unless it is in the cache.
#
#   program.sh docker-compose|prometheus|promtool|jaeger
#
# The module is copied from the module cache and built as the main module, so that
# its own replace and exclude directives and its own checksums apply.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=settings.sh
source "$(dirname "$0")/settings.sh"

name=${1:?name a program}
tags=netgo
case $name in
docker-compose)
	version=$compose_version
	module=github.com/docker/compose/v2@$compose_version
	package=./cmd
	variable=github.com/docker/compose/v2/internal.Version=$compose_version
	;;
prometheus | promtool)
	version=$prometheus_version
	module=github.com/prometheus/prometheus@$prometheus_module
	package=./cmd/$name
	variable=github.com/prometheus/common/version.Version=$prometheus_version
	# Only file, static and DNS discovery remain; the clients of cloud providers are left out.
	tags=netgo,remove_all_sd,enable_dns_sd
	;;
jaeger)
	version=$jaeger_version
	module=github.com/jaegertracing/jaeger@$jaeger_module
	package=./cmd/jaeger
	variable=github.com/jaegertracing/jaeger/internal/version.latestVersion=v$jaeger_version
	;;
*) fail "no program is named $name" ;;
esac

# build compiles $package into the file $1.
build() {
	local work source_folder
	work=$(mktemp -d)
	trap 'rm -rf "$work"' RETURN
	source_folder=$(go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')
	[[ -d $source_folder ]] || fail "the module $module cannot be downloaded"
	cp -r "$source_folder/." "$work/"
	chmod -R u+w "$work"
	(cd "$work" && GOWORK=off CGO_ENABLED=0 nice go build -trimpath -buildvcs=false \
		-tags "$tags" -ldflags "-s -w -X $variable" -o "$1" "$package" </dev/null >"$cache/$name.log" 2>&1) ||
		{ tail -n 20 "$cache/$name.log" >&2 && fail "$name $version cannot be built"; }
}

program=$cache/programs/$name-$version/$name
if [[ ! -x $program ]]; then
	command -v go >/dev/null || fail "go is needed to build $name"
	say "building $name $version; this takes minutes"
	mkdir -p "$(dirname "$program")"
	build "$program.part"
	mv "$program.part" "$program"
	say "built $name $version"
fi
ln -sfn "$program" "$cache/bin/$name"
