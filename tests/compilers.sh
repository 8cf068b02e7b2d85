#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# tests/compilers.sh [BUILD]: builds everything without a warning by g++, by clang++, and against
# musl instead of glibc, and runs the unit tests of each. What is not installed is left out, and
# COMPILERS names those to try besides musl.
#
# musl has no C++ library of its own in Debian. That of glibc does as far as this program needs one:
# its headers with a few of glibc's internals supplied, and its static library with musl's.

set -u
cd "$(dirname "$0")/.." || exit 2
build=${1:-build}
failed=0
running=
MAKEFLAGS=
export MAKEFLAGS

have() { command -v "$1" >/dev/null 2>&1; }

# build_and_test NAME MAKE-VARIABLE...
build_and_test() {
    name=$1
    shift
    log=$build/$name.log
    mkdir -p "$build"
    if make -j2 BUILD="$build/$name" WERROR=1 PCH=1 "$@" everything >"$log" 2>&1; then
        test_of "$name" &
        running="$running $!"
    else
        grep -E -A3 'error|warning|undefined' "$log" | head -n 40
        echo "compilers: $name: failed, see $log"
        failed=1
    fi
}

# test_of NAME: runs while the next is built.
test_of() {
    if "$build/$1/unit-tests" >"$log" 2>&1; then
        echo "compilers: $1: no warning; $(tail -n 1 "$log")"
    else
        tail -n 20 "$log"
        echo "compilers: $1: unit tests failed, see $log"
        exit 1
    fi
}

# ---- musl ----

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

# What its archive takes from glibc; the second answers "not here", and the unwinder looks elsewhere.
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

musl_flags() {
    flags="-nostdinc"
    for dir in $(include_dirs | grep '/c++/') "$headers" "$(g++ -print-file-name=include)" "$glue"; do
        flags="$flags -isystem $dir"
    done
    echo "$flags -include $glue/glue.h"
}

build_on_musl() {
    machine=$(uname -m)-linux-musl
    headers=/usr/include/$machine
    libs=/usr/lib/$machine
    linux=$(include_dirs | while read -r dir; do [ ! -d "$dir/linux" ] || echo "$dir"; done | head -n 1)
    asm=$(include_dirs | while read -r dir; do [ ! -d "$dir/asm" ] || echo "$dir"; done | head -n 1)
    if [ ! -f "$libs/libc.a" ] || [ -z "$linux" ] || [ -z "$asm" ]; then
        echo "compilers: skipped: no musl (musl-dev)"
        return
    fi
    mkdir -p "$build/musl-glue"
    glue=$(cd "$build/musl-glue" && pwd)
    ln -sfn "$linux/linux" "$glue/linux"
    ln -sfn "$linux/asm-generic" "$glue/asm-generic"
    ln -sfn "$asm/asm" "$glue/asm"
    write_glue >"$glue/glue.h"
    write_stubs | gcc -c -x c -o "$glue/stubs.o" - || { failed=1; return; }
    archives=$glue/stubs.o
    for archive in libstdc++.a libgcc.a libgcc_eh.a; do
        archives="$archives $(g++ -print-file-name=$archive)"
    done
    build_and_test musl CXX=g++ CPPFLAGS="$(musl_flags)" \
        STATIC="-static -nostdlib $libs/crt1.o $libs/crti.o $(g++ -print-file-name=crtbeginT.o)" \
        LDLIBS="-Wl,--start-group $archives $libs/libc.a -Wl,--end-group \
$(g++ -print-file-name=crtend.o) $libs/crtn.o"
}

# COMPILERS leaves some out.
for compiler in ${COMPILERS-g++ clang++}; do
    if have $compiler; then
        build_and_test $compiler CXX=$compiler
    else
        echo "compilers: skipped: no $compiler"
    fi
done
if have g++; then build_on_musl; fi
for pid in $running; do
    wait "$pid" || failed=1
done
exit $failed
