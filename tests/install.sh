#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# `make install` into an empty directory: what is there, and that each file names the program where
# it was put, also when it was put elsewhere before. And the packaging, as far as it goes without
# the tools of Alpine and OpenWrt, and what systemd says of the units.

# shellcheck disable=SC2016 # of systemd and make, not of this shell

set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
cd "$top" || exit 1

# same NAME GOT WANTED
same() {
    if [ "$2" = "$3" ]; then
        echo "ok    install: $1"
    else
        echo "FAIL  install: $1 is '$2', not '$3'"
        failed=1
    fi
}

# install_below PREFIX [VARIABLE=VALUE]
install_below() {
    "${MAKE:-make}" -s -C "$top" STRIP=true DESTDIR="$work" prefix="$1" ${2:+"$2"} install >"$work/log" 2>&1 || {
        echo "FAIL  install: make install prefix=$1"
        sed 's/^/      /' "$work/log"
        failed=1
    }
}

for prefix in /opt/one /opt/two; do
    install_below $prefix
    same "the program below $prefix" "$([ -x "$work$prefix/sbin/smcroute" ] && echo there)" there
    same "what the unit below $prefix starts" \
        "$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$work$prefix/lib/systemd/system/smcroute.service")" \
        "!$prefix/sbin/smcroute"
    same "what the init script below $prefix starts" \
        "$(sed -n 's/^DAEMON=//p' "$work$prefix/share/doc/smcroute/smcroute.init")" \
        $prefix/sbin/smcroute
    same "the second names below $prefix" \
        "$(cd "$work$prefix" && readlink sbin/smcrouted sbin/smcroutectl | xargs)" "smcroute smcroute"
    same "what answers to one of them" \
        "$("$work$prefix/sbin/smcroutectl" -h | head -n 1 | cut -d ' ' -f 1,2)" "Usage: smcroutectl"
    same "the pages below $prefix" "$(cd "$work$prefix/share/man/man8" && echo *)" \
        "smcroute.8 smcroutectl.8 smcrouted.8"
done

install_below /opt/three compat=
same "programs without second names" "$(cd "$work/opt/three/sbin" && echo *)" smcroute
"${MAKE:-make}" -s -C "$top" DESTDIR="$work" prefix=/opt/one uninstall >"$work/log" 2>&1
same "what uninstall leaves" "$(find "$work/opt/one" ! -type d)" ""
if command -v autoconf >/dev/null 2>&1; then
    cp -r "$top/configure.ac" "$top/Makefile" "$work/" && mkdir -p "$work/src" && : >"$work/src/main.cc"
    for given in '' --without-compat; do
        # shellcheck disable=SC2086 # none, or one
        (cd "$work" && autoconf && ./configure $given) >"$work/log" 2>&1
        same "second names of ./configure $given" "$(sed -n 's/^compat *= *//p' "$work/config.mk")" \
            "$([ -n "$given" ] || echo smcrouted smcroutectl)"
    done
fi
same "what an instance starts" \
    "$(sed -n 's/^ExecStart=//p' "$work/opt/two/lib/systemd/system/smcroute@.service")" \
    '!/opt/two/sbin/smcroute -n -i %i $SMCROUTE_OPTS'
same "the rest of an instance" \
    "$(sed -e 's/-%i//; s/ -i %i//; s/ %i//' "$work/opt/two/lib/systemd/system/smcroute@.service" |
        diff - "$work/opt/two/lib/systemd/system/smcroute.service")" ""
same "version of the news" "$(sed -n '1s/^smcroute \(.*\), .*/\1/p' conf/ChangeLog)" \
    "$(sed -n 's/^VERSION *= *//p' Makefile)"

# ---- systemd ----

# verified UNIT: nothing is wrong with it, and how exposed it is.
verified() {
    same "what systemd says of $1" "$(systemd-analyze verify --man=no "$units/$1" 2>&1 | grep -F "$1")" ""
}

if command -v systemd-analyze >/dev/null; then
    # Where the program is that they start.
    install_below "$work/here"
    units=$work/units
    mkdir "$units"
    cp "$work$work/here/lib/systemd/system/"* "$units"
    sed -i "s|$work/here|$work$work/here|" "$units"/*
    cp "$units/smcroute@.service" "$units/smcroute@lab.service"
    for unit in smcroute.service smcroute@lab.service smcroute-metrics.service smcroute-metrics.timer; do
        verified $unit
    done
    for unit in smcroute.service smcroute@lab.service; do
        systemd-analyze security --offline=true --threshold=20 "$units/$unit" >"$work/log" 2>&1
        same "whether $unit is exposed to more than 2.0 (it says $(tail -n 1 "$work/log" | grep -o '[0-9]\.[0-9]'))" $? 0
    done
else
    echo "skipped: the units of systemd: systemd-analyze is not installed"
fi

# ---- Alpine, OpenWrt ----

# has ROOT FILE...
has() {
    for file in "$2" "$3" "$4" "$5"; do
        same "$1: $file" "$([ -s "$work/$1/$file" ] && echo there)" there
    done
}

alpine() {
    # shellcheck disable=SC2034 # for the APKBUILD
    pkgdir=$work/alpine
    # shellcheck source=/dev/null
    . "$top/conf/APKBUILD"
    build && package
}
(cd "$top" && alpine) >"$work/log" 2>&1 || { cat "$work/log"; failed=1; }
has alpine usr/sbin/smcroute etc/init.d/smcroute etc/conf.d/smcroute etc/smcroute.conf

# What OpenWrt's build system would do with our part of it.
openwrt() {
    mkdir -p "$work/openwrt" "$work/sdk/include"
    printf 'INSTALL_DIR = install -d\nINSTALL_BIN = install -m 755\nINSTALL_CONF = install -m 600\n' \
        >"$work/sdk/rules.mk"
    printf 'define BuildPackage\nall:\n$(call Package/$(1)/install,%s)\nendef\n' "$work/openwrt" \
        >"$work/sdk/include/package.mk"
    "${MAKE:-make}" -f "$top/conf/openwrt/Makefile" TOPDIR="$work/sdk" INCLUDE_DIR="$work/sdk/include" \
        PKG_INSTALL_DIR="$work/alpine"
}
openwrt >"$work/log" 2>&1 || { cat "$work/log"; failed=1; }
has openwrt usr/sbin/smcroute etc/init.d/smcroute etc/default/smcroute etc/smcroute.conf
exit $failed
