#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# tests/setup.sh [build]: installs on a Debian machine what building and testing need and is not
# there yet. With "build" only what the build and the demonstration need. What only full tests use
# is optional: where it cannot be had, a line says which check is left out.

PATH=$PATH:/usr/sbin:/sbin

# missing PACKAGE=COMMAND...: the packages whose command is not there.
missing() {
    for pair in "$@"; do
        command -v "${pair#*=}" >/dev/null 2>&1 || printf ' %s' "${pair%%=*}"
    done
}

has_header() {
    echo "#include <$1>" | "${CXX:-c++}" -E -x c++ - >/dev/null 2>&1
}

needed=$(missing g++=g++ make=make iproute2=ip util-linux=unshare util-linux=nsenter \
    util-linux=mount coreutils=timeout)
has_header stdlib.h || needed="$needed libc6-dev"
has_header linux/mroute6.h || needed="$needed linux-libc-dev"

optional=
if [ "${1:-}" != build ]; then
    optional=$(missing valgrind=valgrind clang=clang++ clang-format=clang-format mandoc=mandoc \
        shellcheck=shellcheck autoconf=autoconf binutils=strip musl-tools=musl-gcc \
        systemd=systemd-analyze)
fi

[ -n "$needed$optional" ] || exit 0

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

install_packages() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -q --no-install-recommends "$@" >"$log" 2>&1 </dev/null
}

can_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    [ "$(id -u)" = 0 ] || sudo -n true >/dev/null 2>&1
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT

if can_install; then
    as_root apt-get update -q >"$log" 2>&1 </dev/null || true
    # shellcheck disable=SC2086 # lists of names
    if [ -n "$needed" ]; then
        echo "installing$needed"
        install_packages $needed || { tail -n 5 "$log" >&2; failed=1; }
    fi
    for package in $optional; do
        install_packages "$package" || echo "skipped: $package cannot be installed here"
    done
    [ -z "${failed:-}" ] || { echo "please install:$needed" >&2; exit 1; }
    exit 0
fi

[ -z "$optional" ] || echo "skipped: checks that need$optional (not installed)"
[ -z "$needed" ] && exit 0
echo "please install first, as root: apt-get install$needed" >&2
exit 1
