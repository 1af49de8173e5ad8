#!/usr/bin/env bash
# Builds a stand-in for an image that cannot be pulled, unless the engine has it.
#
#   image.sh go|static|debian|prometheus|jaeger|postgres
#
# A stand-in runs the real program under the name that the compose file pins. Its label
# stand-in=true distinguishes it from the vendor's image.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=settings.sh
source "$(dirname "$0")/settings.sh"

name=${1:?name an image}
image_variable=${name}_image
image=${!image_variable:?no image is named $name}
bundle=/etc/ssl/certs/ca-certificates.crt # the machine's own, since builds reach the network as it does
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# import makes the image from $root, with the given Dockerfile instructions.
import() {
	local changes=(-c 'LABEL stand-in=true')
	for change in "$@"; do changes+=(-c "$change"); done
	tar -C "$root" --numeric-owner "${owners[@]}" -cf - . | docker import "${changes[@]}" - "$image" >/dev/null
}
owners=(--owner=0 --group=0)

# add_base gives $root the files that every image has.
add_base() {
	mkdir -p "$root"/{etc/ssl/certs,tmp,usr/share}
	chmod 1777 "$root/tmp"
	cp "$bundle" "$root/etc/ssl/certs/"
	printf '%s\n' root:x:0:0:root:/root:/sbin/nologin nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin \
		nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin >"$root/etc/passwd"
	printf '%s\n' root:x:0: nobody:x:65534: nonroot:x:65532: >"$root/etc/group"
}

# add_shell gives $root a static BusyBox under the name of each of its applets.
add_shell() {
	[[ -x /bin/busybox ]] || install_packages busybox-static
	ldd /bin/busybox >/dev/null 2>&1 && install_packages busybox-static
	mkdir -p "$root/bin" "$root/usr"
	for applet in $(/bin/busybox --list); do ln -s busybox "$root/bin/$applet"; done
	cp --remove-destination /bin/busybox "$root/bin/" # one of its applets has its own name
	ln -s ../bin "$root/usr/bin"
}

image_go() {
	add_base
	add_shell
	mkdir -p "$root/usr/local" "$root/go"
	cp -r "$(go env GOROOT)" "$root/usr/local/go"
	rm -rf "$root"/usr/local/go/{test,api,doc,pkg/obj}
	import 'ENV PATH=/go/bin:/usr/local/go/bin:/bin' 'ENV GOPATH=/go' 'ENV GOTOOLCHAIN=local' "ENV GOPROXY=$(go env GOPROXY)" 'WORKDIR /go'
}

image_static() {
	add_base
	cp -r /usr/share/zoneinfo "$root/usr/share/"
	import 'ENV PATH=/bin' 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt' 'USER 65532' 'WORKDIR /home/nonroot'
}

image_prometheus() {
	add_base
	add_shell
	mkdir -p "$root"/{etc/prometheus,prometheus}
	cp "$cache/programs/prometheus-$prometheus_version/prometheus" "$cache/programs/promtool-$prometheus_version/promtool" "$root/bin/"
	chmod 777 "$root/prometheus"
	import 'USER nobody' 'WORKDIR /prometheus' 'EXPOSE 9090' 'VOLUME /prometheus' 'ENTRYPOINT ["/bin/prometheus"]' \
		'CMD ["--config.file=/etc/prometheus/prometheus.yml","--storage.tsdb.path=/prometheus"]'
}

image_jaeger() {
	add_base
	add_shell
	mkdir -p "$root"/cmd/jaeger
	cp "$cache/programs/jaeger-$jaeger_version/jaeger" "$root/cmd/jaeger/jaeger-linux"
	import 'USER 10001' 'EXPOSE 4317 4318 13133 16686' 'VOLUME /tmp' 'ENTRYPOINT ["/cmd/jaeger/jaeger-linux"]'
}

# add_debian makes $root a minimal Debian with the further packages.
add_debian() {
	command -v debootstrap >/dev/null || install_packages debootstrap
	say "fetching Debian $debian_release for $image"
	local IFS=,
	debootstrap --variant=minbase --include="ca-certificates,$*" "$debian_release" "$root" \
		</dev/null >"$cache/debootstrap.log" 2>&1 || { tail -n 20 "$cache/debootstrap.log" >&2 && fail "no root for $image"; }
	rm -rf "$root"/var/{cache/apt,lib/apt/lists}/* "$root"/usr/share/{doc,man,locale}/*
	owners=() # as debootstrap set them
}

# Builds on this image install packages as this machine does: from Debian's archive, npm's with the machine's certificates.
image_debian() {
	add_debian
	cp "$bundle" "$root/etc/ssl/certs/"
	import 'ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin' "ENV NODE_EXTRA_CA_CERTS=$bundle" 'CMD ["bash"]'
}

image_postgres() {
	add_debian postgresql-15
	rm -rf "$root"/var/lib/postgresql/*
	# Number, owners and modes as in the vendor's image.
	chroot "$root" sh -c 'groupmod -g 999 postgres && usermod -u 999 -g 999 postgres &&
		mkdir -p /var/lib/postgresql /run/postgresql && chown postgres:postgres /var/lib/postgresql /run/postgresql &&
		chmod 1777 /var/lib/postgresql && chmod 3777 /run/postgresql'
	install -m 755 "$offline/postgres-entrypoint.sh" "$root/usr/local/bin/docker-entrypoint.sh"
	import 'ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/bin:/usr/bin:/bin' 'ENV PGDATA=/var/lib/postgresql/18/docker' \
		'EXPOSE 5432' 'VOLUME /var/lib/postgresql' 'ENTRYPOINT ["docker-entrypoint.sh"]' 'CMD ["postgres"]'
}

if docker image inspect "$image" >/dev/null 2>&1; then exit; fi
say "building the stand-in $image"
"image_$name"
