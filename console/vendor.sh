#!/bin/sh
# Refreshes the vendored chart library from npm's tarball, whose sum is pinned:
#
#	console/vendor.sh            the pinned version
#	console/vendor.sh 1.6.33     another one; prints the integrity to pin
#
# Needs npm, tar, openssl.
set -eu
version=1.6.32
integrity=sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw==

cd "$(dirname "$0")"
into=$PWD/static/vendor/uplot
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"

wanted=${1:-$version}
tarball=$(npm pack --silent "uplot@$wanted")
found=sha512-$(openssl dgst -sha512 -binary "$tarball" | openssl base64 -A)
if [ "$wanted" = "$version" ] && [ "$found" != "$integrity" ]; then
	echo "uplot@$wanted has the integrity $found, not the pinned $integrity" >&2
	exit 1
fi
tar -xzf "$tarball"
mkdir -p "$into"
cp package/LICENSE package/dist/uPlot.esm.js package/dist/uPlot.min.css "$into"
cp package/dist/uPlot.d.ts "$into/uPlot.esm.d.ts" # its types, by the name that the compiler looks for
printf '%s %s\n' "$wanted" "$found" >"$into/VERSION"
echo "uplot $wanted, $found"
