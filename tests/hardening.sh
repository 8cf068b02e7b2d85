#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# tests/hardening.sh PROGRAM [FORTIFY]: whether the program has what the compiler and the linker can
# do to make faults in it harder to exploit. FORTIFY: the flags for the C library's checks, if any.

set -u
program=$1
failed=0

# has NAME TEXT PATTERN: whether a line of the text matches.
has() {
    if echo "$2" | grep -qE -- "$3"; then
        echo "ok    hardening: $1"
    else
        echo "FAIL  hardening: no $1 in $program"
        failed=1
    fi
}
# has_not NAME TEXT PATTERN
has_not() {
    if echo "$2" | grep -qE -- "$3"; then
        echo "FAIL  hardening: $1 in $program"
        failed=1
    else
        echo "ok    hardening: no $1"
    fi
}

command -v readelf >/dev/null || { echo "skipped: hardening: no readelf"; exit 0; }
header=$(readelf -hW "$program")
segments=$(readelf -lW "$program")
dynamic=$(readelf -dW "$program")
symbols=$(readelf -sW "$program")
has "position-independent code" "$header" 'Type: +DYN'
has "RELRO" "$segments" ' GNU_RELRO '
has "immediate binding" "$dynamic" '\((BIND_NOW|FLAGS|FLAGS_1)\).*NOW'
has "stack that is not executable" "$segments" 'GNU_STACK .* RW +0x'
has_not "segment both writable and executable" "$segments" 'LOAD .* RWE '
has_not "relocation of code" "$dynamic" 'TEXTREL'
has_not "search path for libraries" "$dynamic" '\((RPATH|RUNPATH)\)'
has "stack protector" "$symbols" ' __stack_chk_fail'
if [ -n "${2:-}" ] && echo "$symbols" | grep -q ' UND .*@GLIBC'; then
    has "checks by the C library" "$symbols" ' __(read|recv|recvfrom|poll|ppoll|pread|pread64|memcpy|memmove|memset|strcpy|strncpy|[a-z]*printf|getcwd|fread|readlink|realpath)_chk'
fi
exit $failed
