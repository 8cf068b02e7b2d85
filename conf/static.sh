#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# conf/static.sh DIR: prints, as lines for make, the tools and flags that link a program with all
# that it needs: with musl where there is one, else with glibc, which it says on standard error.
# What has to be made for it goes to DIR. With --musl in place of glibc it fails.
#
# Debian's musl has no C++ library of its own. That of glibc does as far as this program needs one:
# its headers with a few of glibc's internals supplied, and its static library with musl's.

set -eu
dir=$1
only=${2:-}
CXX=${CXX:-g++}
machine=$(uname -m)-linux-musl
headers=/usr/include/$machine
libs=/usr/lib/$machine
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

# What the headers of libstdc++ take from glibc.
write_glue() {
    cat <<'END'
#pragma GCC system_header
#pragma once
#include <features.h>
#define __GLIBC_PREREQ(major, minor) 0
#define __locale_t locale_t
enum {
    _ISupper = 1, _ISlower = 2, _ISalpha = 4, _ISdigit = 8, _ISxdigit = 16, _ISspace = 32,
    _ISprint = 64, _ISgraph = 128, _ISblank = 256, _IScntrl = 512, _ISpunct = 1024, _ISalnum = 2048
};
#include <bits/c++config.h>
#undef _GLIBCXX_USE_PTHREAD_COND_CLOCKWAIT
#undef _GLIBCXX_USE_PTHREAD_MUTEX_CLOCKLOCK
#undef _GLIBCXX_USE_PTHREAD_RWLOCK_CLOCKLOCK
END
}

# What its archive takes from glibc; the second answers "not here", and the unwinder looks
# elsewhere.
write_stubs() {
    cat <<'END'
char __libc_single_threaded = 0;
int _dl_find_object(void* address, void* result);
int _dl_find_object(void* address, void* result) { (void)address; (void)result; return -1; }
END
}

# The directories that g++ takes <...> from, those of C or those of C++.
include_dirs() {
    g++ -E -v -x c++ /dev/null 2>&1 | sed -n '/^#include </,/^End/s/^ \(.*\)$/\1/p'
}

# directory_with NAME: the first of them that has it.
directory_with() {
    include_dirs | while read -r place; do
        [ ! -d "$place/$1" ] || echo "$place"
    done | head -n 1
}

debian_flags() {
    flags="-nostdinc"
    for place in $(include_dirs | grep '/c++/') "$headers" "$(g++ -print-file-name=include)" "$dir"; do
        flags="$flags -isystem $place"
    done
    echo "$flags -include $dir/glue.h"
}

debian_musl() {
    linux=$(directory_with linux)
    asm=$(directory_with asm)
    [ -n "$linux" ] && [ -n "$asm" ] || return
    ln -sfn "$linux/linux" "$dir/linux"
    ln -sfn "$linux/asm-generic" "$dir/asm-generic"
    ln -sfn "$asm/asm" "$dir/asm"
    write_glue >"$dir/glue.h"
    write_stubs | gcc -c -x c -o "$dir/stubs.o" -
    archives=$dir/stubs.o
    for archive in libstdc++.a libgcc.a libgcc_eh.a; do
        archives="$archives $(g++ -print-file-name=$archive)"
    done
    cat <<END
CXX = g++
CPPFLAGS = $(debian_flags)
STATIC = -static -nostdlib $libs/crt1.o $libs/crti.o $(g++ -print-file-name=crtbeginT.o)
LDLIBS = -Wl,--start-group $archives $libs/libc.a -Wl,--end-group $(g++ -print-file-name=crtend.o) $libs/crtn.o
END
}

case $($CXX -dumpmachine) in
    *-musl*) printf 'CXX = %s\nSTATIC = -static\n' "$CXX" ;;
    *)
        if command -v "$machine-g++" >/dev/null; then
            printf 'CXX = %s\nSTATIC = -static\n' "$machine-g++"
        elif [ -f "$libs/libc.a" ] && command -v g++ >/dev/null; then
            debian_musl
        elif [ -n "$only" ]; then
            exit 1
        else
            echo "no musl here (musl-dev): with glibc it is larger" >&2
            printf 'CXX = %s\nSTATIC = -static\n' "$CXX"
        fi
        ;;
esac
