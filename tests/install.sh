#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# `make install` into an empty directory: what is there, and that each file names the program where
# it was put, also when it was put elsewhere before.

set -u
top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

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
        $prefix/sbin/smcroute
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
exit $failed
