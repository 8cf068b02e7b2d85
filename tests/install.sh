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

# install_below PREFIX
install_below() {
    "${MAKE:-make}" -s -C "$top" STRIP=true DESTDIR="$work" prefix="$1" install >"$work/log" 2>&1 || {
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
done
exit $failed
