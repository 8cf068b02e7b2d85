#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# tests/bench/instructions.sh [BUILD]: how many instructions of its own the daemon takes for a route,
# a command, a row and a stream: figures without noise, on any machine. Each is the difference
# between two whole runs of one process under valgrind, divided by what one run had more of. Fails
# where a figure is above its bound, which is 5 % above what g++ 12 made of it on x86-64; elsewhere
# it only prints.

set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-build}" && pwd) || exit 2

skip() {
    echo "skipped: $1"
    exit 0
}

if [ -z "${SMCROUTE_INSTRUCTIONS:-}" ]; then
    command -v valgrind >/dev/null || skip "valgrind is not installed"
    spaces=-nm
    if [ "$(id -u)" != 0 ] || ! unshare $spaces true 2>/dev/null; then
        spaces=-Urnm
    fi
    unshare $spaces true 2>/dev/null || skip "no network namespaces here"
    SMCROUTE_INSTRUCTIONS=1 exec unshare $spaces "$BASH" "$here/instructions.sh" "$build"
fi

program=$build/smcroute
mcast=$build/mcast
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
trap 'exit 1' TERM INT
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
cd "$T" || exit 2

ip link set lo up
for k in 0 1; do
    ip link add eth$k type veth peer name peer$k
    ip link set eth$k up
    ip link set peer$k up
done

count=10000
awk -v count=$count 'BEGIN {
    for (i = 0; i < count; ++i) {
        source = "10.1." int(i / 25600) "." int(i / 100) % 256
        print "mroute from eth0 source " source " group 225.0.0." i % 100 " to eth1" >"routes"
        print "add eth0 " source " 225.0.0." i % 100 " eth1" >"lines"
    }
}'
: >nothing
echo "mroute from eth0 group 229.0.0.0/8 to eth1" >rule

client() { "$program" -u "$T/socket" "$@"; }

# whole_run CONF [COMMAND...]: leaves in INSTRUCTIONS those of a daemon from its start to its end,
# with this command in between.
whole_run() {
    rm -f pid
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" -n --single -N -f "$1" \
        -u "$T/socket" -P "$T/pid" -L warning >log 2>&1 &
    local daemon=$!
    until [ -s pid ] || ! kill -0 $daemon 2>/dev/null; do sleep 0.05; done
    "${@:2}" >out || echo "instructions: failed: ${*:2}" >&2
    kill $daemon
    wait $daemon
    INSTRUCTIONS=$(awk '/Collected/ { print $NF }' log)
}

# figure WHAT BOUND NUMBER LESS MORE: prints (MORE - LESS) / NUMBER beside its bound.
too_many=0
figure() {
    local each=$((($5 - $4) / $3))
    printf '%-56s %6s (at most %s)\n' "instructions for $1" $each "$2"
    [ $each -le "$2" ] || too_many=1
}

# new_streams: each of one packet, and waits until the kernel has the entry of each.
new_streams() {
    "$mcast" send 229.1.0.0 -i peer0 --groups 2000 --spoof 10.3.0.1 -n 1 -r 2000
    until [ "$(awk 'NR > 1 && $3 >= 0' /proc/net/ip_mr_cache | wc -l)" = 2000 ]; do sleep 0.1; done
}

whole_run nothing true
empty=$INSTRUCTIONS
whole_run routes true
loaded=$INSTRUCTIONS
figure "a route of a file" 3410 $count "$empty" "$loaded"
whole_run routes client --reload
figure "a route that a reload finds unchanged" 3410 $count "$loaded" "$INSTRUCTIONS"
whole_run routes client --show routes
figure "a row of --show" 7390 $count "$loaded" "$INSTRUCTIONS"
whole_run nothing client --batch lines
figure "an add of a batch" 17640 $count "$empty" "$INSTRUCTIONS"
whole_run rule true
empty=$INSTRUCTIONS
whole_run rule new_streams
figure "a new stream that a rule takes" 5950 2000 "$empty" "$INSTRUCTIONS"

[ $too_many = 0 ] || [ "$(uname -m)" != x86_64 ] || {
    echo "the program takes more instructions than it did: mend that, or change the bound in" \
        "tests/bench/instructions.sh too, and say why"
    exit 1
}
