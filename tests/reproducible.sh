#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# tests/reproducible.sh: builds and installs the tree twice, in directories of different names, at
# different times, under another locale and time zone, and compares what was installed, byte
# for byte. The first build goes by ./configure where autoconf is there.

set -u
cd "$(dirname "$0")/.." || exit 2
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM

# copy_to DIR: the sources without anything built.
copy_to() {
    mkdir -p "$1"
    tar -cf - Makefile configure.ac README.md LICENSE conf man src | tar -xf - -C "$1"
}

# build_in DIR: leaves what was installed in DIR/root.
build_in() {
    (cd "$1" && unset MAKEFLAGS MFLAGS BUILD DESTDIR && make -j2 prefix=/usr install DESTDIR=root)
}

configure_in() {
    command -v autoconf >/dev/null 2>&1 || return 0
    (cd "$1" && autoconf && ./configure --prefix=/usr)
}

quietly() {
    "$@" >"$work/log" 2>&1 </dev/null || { tail -n 20 "$work/log"; echo "reproducible: failed: $*"; exit 1; }
}

first=$work/a
second=$work/another/directory
copy_to "$first"
copy_to "$second"
quietly configure_in "$first"
(LC_ALL=C TZ=UTC quietly build_in "$first") || exit 1
(LC_ALL=C.UTF-8 TZ=Pacific/Chatham quietly build_in "$second") || exit 1
if ! diff -r "$first/root" "$second/root"; then
    echo "reproducible: two builds differ"
    exit 1
fi
sha256sum "$second/root/usr/sbin/smcroute" | sed 's/ .*/  smcroute, twice/'
