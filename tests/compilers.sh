#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# tests/compilers.sh [BUILD]: builds everything without a warning by g++, by clang++, and against
# musl instead of glibc, and runs the unit tests of each. What is not installed is left out, and
# COMPILERS names those to try besides musl.

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
    if make -j2 BUILD="$build/$name" WERROR=1 TOGETHER=1 "$@" everything >"$log" 2>&1; then
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

build_on_musl() {
    mkdir -p "$build/musl"
    if sh conf/static.sh "$build/musl/glue" --musl >"$build/musl.mk"; then
        build_and_test musl TOOLCHAIN="$build/musl.mk"
    else
        echo "compilers: skipped: no musl (musl-dev)"
    fi
}

# COMPILERS leaves some out.
for compiler in ${COMPILERS-g++ clang++}; do
    if have $compiler; then
        build_and_test $compiler CXX=$compiler
    else
        echo "compilers: skipped: no $compiler"
    fi
done
build_on_musl
for pid in $running; do
    wait "$pid" || failed=1
done
exit $failed
