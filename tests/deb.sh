#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# tests/deb.sh BUILD: the package that `make deb` has left in BUILD/deb, and a later version of it,
# in a fresh Debian 12, or that of SUITE, that debootstrap makes (and that stays in BUILD for the
# next time). In one whose C library is too old for the program the package has that of `make static`
# in its place. Needs root, debootstrap and a mirror of Debian: about two minutes the first time,
# then one.

set -eu
cd "$(dirname "$0")/.."
build=$(cd "$1" && pwd)

skip() { echo "skipped: the Debian package: $1"; exit 0; }
[ "$(id -u)" = 0 ] || skip "this is not root"
command -v debootstrap >/dev/null || skip "debootstrap is not installed"

OLD_DEB=$(find "$build/deb" -name 'smcroute_*.deb')
[ -n "$OLD_DEB" ] || { echo "run make deb first"; exit 1; }
NEW_DEB=$build/deb/later.deb
suite=${SUITE:-bookworm}
DEBIAN_ROOT=$build/debian-$suite
export OLD_DEB NEW_DEB DEBIAN_ROOT

# rebuilt DEB NEW COMMAND...: NEW is DEB, whose unpacked tree COMMAND has changed.
rebuilt() {
    work=$(mktemp -d)
    dpkg-deb -R "$1" "$work/tree"
    (cd "$work/tree" && shift 2 && "$@")
    dpkg-deb -b --root-owner-group "$work/tree" "$2" >/dev/null
    rm -rf "$work"
}

later_version() { sed -i 's/^Version: .*/&+later/' DEBIAN/control; }

program_without_libraries() {
    cp "$build/static/stripped" usr/sbin/smcroute
    sed -i '/^Depends:/d' DEBIAN/control
}

runs_there() {
    dpkg-deb --fsys-tarfile "$OLD_DEB" | tar -xf - -C "$DEBIAN_ROOT" ./usr/sbin/smcroute
    runs=0
    chroot "$DEBIAN_ROOT" /usr/sbin/smcroute -v >/dev/null || runs=$?
    rm "$DEBIAN_ROOT/usr/sbin/smcroute"
    return $runs
}

make_root() {
    rm -rf "$DEBIAN_ROOT.new"
    debootstrap --variant=minbase --include=systemd,dbus,procps,openrc,runit,s6 \
        "$suite" "$DEBIAN_ROOT.new" >"$build/debootstrap.log" 2>&1 || {
        tail -n 5 "$build/debootstrap.log"
        skip "debootstrap failed"
    }
    rm -rf "$DEBIAN_ROOT.new/var/cache/apt/archives" "$DEBIAN_ROOT.new/var/lib/apt/lists" \
        "$DEBIAN_ROOT.new/usr/share/doc" "$DEBIAN_ROOT.new/usr/share/locale"
    mv "$DEBIAN_ROOT.new" "$DEBIAN_ROOT"
}

[ -d "$DEBIAN_ROOT" ] || make_root
if ! runs_there; then
    [ -f "$build/static/stripped" ] || skip "its program does not run in $suite (run make static first)"
    rebuilt "$OLD_DEB" "$build/deb/static.deb" program_without_libraries
    OLD_DEB=$build/deb/static.deb
fi
rebuilt "$OLD_DEB" "$NEW_DEB" later_version
exec tests/net/run tests/net/package.sh
