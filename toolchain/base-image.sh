#!/usr/bin/env bash
# Makes the root file system of a slim Debian, for a machine that reaches a
# Debian mirror but no image registry. Runs as root.
#
#   base-image.sh make SUITE ARCH   makes it
#   base-image.sh tar               writes it to standard output as a tar archive
#   base-image.sh clean             removes it
set -euo pipefail

cache=/var/cache/varvol
tree=$cache/base-image
mirror=${VARVOL_DEBIAN_MIRROR:-http://deb.debian.org/debian}
security=${VARVOL_DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}

make() {
    local suite=$1 arch=$2 partial=$tree.partial
    install -d -m 700 "$cache"
    exec 9>>"$cache/lock"
    flock -n 9 || { echo "waiting for another run"; flock 9; }
    [ -e "$tree" ] && return
    # debootstrap can't go on with a half-made tree, but the packages it has fetched are kept.
    rm -rf "$partial"
    mkdir -p "$cache/debs"
    debootstrap --variant=minbase --arch="$arch" --cache-dir="$cache/debs" \
        --include=ca-certificates "$suite" "$partial" "$mirror"
    slim "$partial"
    sources "$suite" "$partial"
    echo "I: Applying security updates"
    chroot "$partial" sh -c 'apt-get -q update && apt-get -qy -o Dpkg::Use-Pty=0 upgrade' </dev/null ||
        echo "W: no security updates could be applied now"
    rm -rf "$partial"/var/lib/apt/lists/* "$partial"/var/cache/apt/* "$partial"/var/log/*.log \
        "$partial"/var/log/apt "$partial"/var/cache/debconf/*-old "$partial"/var/lib/dpkg/*-old \
        "$partial"/etc/resolv.conf "$partial"/etc/hostname "$partial"/tmp/* "$partial"/var/tmp/*
    mv -T "$partial" "$tree"
}

# slim TREE: what the official slim images do: no documentation, no services started, no package caches.
slim() {
    cat >"$1/etc/dpkg/dpkg.cfg.d/docker" <<-'EOF'
	path-exclude /usr/share/doc/*
	path-include /usr/share/doc/*/copyright
	path-exclude /usr/share/groff/*
	path-exclude /usr/share/info/*
	path-exclude /usr/share/linda/*
	path-exclude /usr/share/lintian/*
	path-exclude /usr/share/locale/*
	path-exclude /usr/share/man/*
	EOF
    cat >"$1/etc/apt/apt.conf.d/docker-clean" <<-'EOF'
	APT::Keep-Downloaded-Packages "false";
	Acquire::Languages "none";
	Dir::Cache::pkgcache "";
	Dir::Cache::srcpkgcache "";
	DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };
	EOF
    printf '#!/bin/sh\nexit 101\n' >"$1/usr/sbin/policy-rc.d"
    chmod 755 "$1/usr/sbin/policy-rc.d"
    find "$1/usr/share/doc" -depth -type f ! -name copyright -delete
    find "$1/usr/share/doc" -depth -type d -empty -delete
    rm -rf "$1"/usr/share/{groff,info,linda,lintian,locale,man}/*
}

# sources SUITE TREE
sources() {
    rm -f "$2/etc/apt/sources.list"
    cat >"$2/etc/apt/sources.list.d/debian.sources" <<-EOF
	Types: deb
	URIs: $mirror
	Suites: $1 $1-updates
	Components: main
	Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

	Types: deb
	URIs: $security
	Suites: $1-security
	Components: main
	Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	EOF
}

case $1 in
make) make "$2" "$3" ;;
tar) tar -C "$tree" --numeric-owner --one-file-system -c . ;;
clean) rm -rf "$tree" "$tree.partial" "$cache/debs" ;;
*) echo "usage: base-image.sh make SUITE ARCH | tar | clean" >&2; exit 2 ;;
esac
