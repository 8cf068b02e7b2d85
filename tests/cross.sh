#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# tests/cross.sh BUILD [ARCHITECTURE...]: builds the program and its unit tests without a warning
# for other architectures, by Debian's cross compilers, and runs the tests and the corpora under
# qemu-user. What is not installed is installed by root, and otherwise left out. The tests of one
# run while the next is built.

set -u
cd "$(dirname "$0")/.." || exit 2
build=$1
shift
[ $# -gt 0 ] || set -- mips s390x armhf aarch64 riscv64 i686
failed=0
running=

have() { command -v "$1" >/dev/null 2>&1; }

# names_of ARCHITECTURE: how the compiler, and how qemu, calls it.
names_of() {
    case $1 in
        armhf) triplet=arm-linux-gnueabihf emulator=qemu-arm ;;
        i686) triplet=i686-linux-gnu emulator=qemu-i386 ;;
        powerpc64) triplet=powerpc64-linux-gnu emulator=qemu-ppc64 ;;
        *) triplet=$1-linux-gnu emulator=qemu-$1 ;;
    esac
}

# Of a program that cannot be run the emulator says something else than the kernel, and of a peer's
# many groups nothing.
LEFT_OUT="-spawn_runs_an_executable_script_without -spawn_reports_an_interpreter -peer_may_have_more"

# emulated PROGRAM [ARGUMENT...]
emulated() { timeout 3600 "$emulator" "$@" >>"$log" 2>&1; }

run_all() {
    # shellcheck disable=SC2086 # words
    emulated "$dir/unit-tests" $LEFT_OUT || return
    passed=$(tail -n 1 "$log")
    for fuzzer in $fuzzers; do
        emulated "$dir/$fuzzer-replay" "tests/fuzz/corpus/$fuzzer" || return
    done
    echo "cross: $arch: no warning; $passed; $(echo "$fuzzers" | wc -w) corpora; $(stat -c %s "$dir/stripped") bytes"
}

build_all() {
    goals="$dir/smcroute $dir/unit-tests"
    for fuzzer in $fuzzers; do
        goals="$goals $dir/$fuzzer-replay"
    done
    # shellcheck disable=SC2086 # words
    make -k -j2 BUILD="$dir" CXX="$triplet-g++" TOGETHER=1 WERROR=1 STATIC=-static \
        $goals >"$log" 2>&1 && "$triplet-strip" -o "$dir/stripped" "$dir/smcroute"
}

# What went wrong, with status 1.
complain() {
    grep -E '(error|warning): |^not ok|_test.cc:[0-9]' "$log" |
        grep -v 'statically linked' | head -n 30
    tail -n 1 "$log"
    echo "cross: $arch: failed, see $log"
    return 1
}

fuzzers=$(find tests/fuzz -name '*_fuzz.cc' | sed 's|.*/\(.*\)_fuzz.cc|\1|')
for arch in "$@"; do
    names_of "$arch"
    if ! have "$triplet-g++" || ! have "$emulator"; then
        apt-get install -y -q --no-install-recommends "g++-$triplet" qemu-user >/dev/null 2>&1 </dev/null || {
            echo "skipped: $arch: g++-$triplet and qemu-user are not installed"
            continue
        }
    fi
    dir=$build/cross-$arch
    log=$dir/log
    mkdir -p "$dir"
    if build_all; then
        { run_all || complain; } &
        running="$running $!"
    else
        complain || failed=1
    fi
done
for pid in $running; do
    wait "$pid" || failed=1
done
exit $failed
