#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# tests/bench/run.sh [BUILD]: the daemon beside a bare loop of the same system calls (floor.cc), in
# turns in the same run, in a network namespace of its own. Prints medians and ratios, and the
# targets of the design beside them; it judges nothing, for a shared machine proves nothing. PAIRS
# is the number of turns (7). ONLY=WORD picks measurements.
#
# The router's eth0 and eth1 are veth pairs whose other ends, peer0 and peer1, lie in the same
# namespace: packets are written to peer0 as whole frames and read from peer1.

set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-build}" && pwd) || exit 2

if [ -z "${SMCROUTE_BENCH:-}" ]; then
    spaces=-nm
    if [ "$(id -u)" != 0 ] || ! unshare $spaces true 2>/dev/null; then
        spaces=-Urnm
    fi
    unshare $spaces true 2>/dev/null || { echo "bench: skipped: no network namespaces here"; exit 0; }
    SMCROUTE_BENCH=1 exec unshare $spaces "$BASH" "$here/run.sh" "$build"
fi

program=$build/smcroute
floor=$build/floor
mcast=$build/mcast
pairs=${PAIRS:-7}
for file in "$program" "$floor" "$mcast"; do
    [ -x "$file" ] || { echo "$file is missing, run make bench" >&2; exit 2; }
done

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
trap 'exit 1' TERM INT
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
cd "$T" || exit 2

# ---- The network ----

tell_kernel() { { echo "$2" >"/proc/sys/net/$1"; } 2>/dev/null; }

for k in all default; do
    tell_kernel ipv4/conf/$k/rp_filter 0
    tell_kernel ipv6/conf/$k/disable_ipv6 1
done
ip link set lo up
for k in 0 1; do
    ip link add eth$k type veth peer name peer$k
    ip link set eth$k up
    ip link set peer$k up
done
# A new link sends reports of its own for a while.
sleep 1

# ---- Both routers ----

# routes COUNT: the entries of "floor load COUNT" as a configuration.
routes() {
    awk -v count="$1" 'BEGIN {
        for (i = 0; i < count; ++i) {
            s = 1 + int(i / 100)
            printf "mroute from eth0 source 10.1.%d.%d group 225.0.0.%d to eth1\n",
                int(s / 256), s % 256, i % 100
        }
    }'
}

# rules COUNT: the last is the one that the prober's streams match; all of one shape, as it is.
rules() {
    awk -v count="$1" 'BEGIN {
        for (i = 1; i < count; ++i)
            printf "mroute from eth0 group 230.%d.%d.0/24 to eth1\n", int(i / 256), i % 256
        for (i = 0; i < 64; ++i)
            printf "mroute from eth0 group 229.1.%d.0/24 to eth1\n", i
    }'
}

# No VIF on the peers: what comes out of eth1 would come in again there.
our=(-N -f "$T/conf" -u "$T/socket" -P "$T/pid" -L warning)
PID=

start_ours() { "$program" -d "${our[@]}" && PID=$(cat "$T/pid"); }
start_floor() { PID=$("$floor" "$@"); }
# The process that routes: of ours, the child of the guard that PID is.
worker() {
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v pid="$PID" '
        $2 == "(smcroute-worker)" && $4 == pid { pid = $1 }
        END { print pid }'
}
stop() {
    kill "$PID"
    while [ -e "/proc/$PID" ]; do sleep 0.005; done
}

# ---- Numbers ----

wanted() { case $1 in *"${ONLY:-}"*) ;; *) return 1 ;; esac; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
# show WHAT FORMAT VALUE... [-- TARGET]
show() {
    local what=$1 format=$2
    # shellcheck disable=SC2059 # a format
    printf "%-38s $format\n" "$what" "${@:3}"
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", (b > 0 ? a / b : 0) }'; }
ms() { awk -v us="$1" 'BEGIN { printf "%.1f", us / 1000 }'; }
# of_process KEY: a number of /proc/PID/status.
of_process() { awk -v key="$1:" '$1 == key { print $2 }' "/proc/$(worker)/status"; }
cpu_ns() { awk '{ print $1 }' "/proc/$(worker)/schedstat"; }

# elapsed COMMAND...: leaves its duration in ELAPSED, in microseconds.
elapsed() {
    local begin=${EPOCHREALTIME/./} end
    "$@" || { echo "bench: failed: $*" >&2; exit 1; }
    end=${EPOCHREALTIME/./}
    ELAPSED=$((end - begin))
}

# ---- What is measured ----

load() {
    local count=$1 turns=$2 turn a b
    routes "$count" >conf
    : >floor.us
    : >ours.us
    : >ratios
    for ((turn = 0; turn < turns; ++turn)); do
        elapsed start_floor load "$count"
        stop
        a=$ELAPSED
        elapsed start_ours
        stop
        b=$ELAPSED
        echo "$a" >>floor.us
        echo "$b" >>ours.us
        ratio "$b" "$a" >>ratios
    done
    show "load $count routes" "%s ms, floor %s ms, ratio %s (target 1.15)" \
        "$(ms "$(median <ours.us)")" "$(ms "$(median <floor.us)")" "$(median <ratios)"
}

# compare WHAT TARGET: the medians of ours.us and floor.us.
compare() {
    show "$1" "%s ms, floor %s ms, ratio %s (target $2)" \
        "$(ms "$(median <ours.us)")" "$(ms "$(median <floor.us)")" \
        "$(ratio "$(median <ours.us)" "$(median <floor.us)")"
}

# Ready, both processes, with three routes.
start() {
    local turn
    routes 3 >conf
    rm -f ours.us floor.us
    for ((turn = 0; turn < 3 * pairs; ++turn)); do
        elapsed start_floor load 3
        stop
        echo "$ELAPSED" >>floor.us
        elapsed start_ours
        stop
        echo "$ELAPSED" >>ours.us
    done
    compare "start with 3 routes" 2.2
}

# 10,000 adds by one client against a load of as many by the floor.
batch() {
    local turn
    routes 10000 | sed 's/^mroute from/add/; s/ source / /; s/ group / /; s/ to / /' >lines
    : >conf
    rm -f ours.us floor.us
    for ((turn = 0; turn < pairs; ++turn)); do
        elapsed start_floor load 10000
        stop
        echo "$ELAPSED" >>floor.us
        start_ours
        elapsed "$program" -u "$T/socket" --batch lines
        stop
        echo "$ELAPSED" >>ours.us
    done
    compare "batch of 10000 adds" 2.5
}

reload() {
    local turn calls=
    routes 10000 >even
    sed '5000s/to eth1/to eth0/' even >odd
    cp even conf
    elapsed start_ours
    local whole=$ELAPSED
    : >ours.us
    for ((turn = 0; turn < pairs; ++turn)); do
        if [ $((turn % 2)) = 0 ]; then cp odd conf; else cp even conf; fi
        elapsed "$program" -u "$T/socket" --reload
        echo "$ELAPSED" >>ours.us
    done
    if command -v strace >/dev/null 2>&1; then
        if cmp -s conf odd; then cp even conf; else cp odd conf; fi
        strace -f -e trace=setsockopt -o calls -p "$(worker)" 2>strace.err &
        local tracer=$!
        until grep -qs attached strace.err || ! kill -0 $tracer 2>/dev/null; do sleep 0.02; done
        "$program" -u "$T/socket" --reload
        kill $tracer
        wait $tracer 2>/dev/null
        calls=", $(grep -c setsockopt calls) setsockopt calls"
    fi
    stop
    show "reload, 1 of 10000 routes changed" "%s ms (their load took %s ms)%s" \
        "$(ms "$(median <ours.us)")" "$(ms "$whole")" "$calls"
}

# probe GROUP COUNT WINDOW: runs the prober; leaves MEDIAN, TOTAL (ns), LOST, CPU (ns for a stream).
probe() {
    local before
    before=$(cpu_ns)
    read -r MEDIAN TOTAL LOST < <("$floor" probe peer0 peer1 "$@")
    CPU=$((($(cpu_ns) - before) / $2))
}

# streams WHAT COUNT WINDOW SAMPLES-FILE: one turn, added to files.
streams() {
    probe 229.1.0.0 "$2" "$3"
    echo "$MEDIAN" >>"$1.median"
    echo $((TOTAL / $2)) >>"$1.each"
    echo "$CPU" >>"$1.cpu"
    [ "$LOST" = 0 ] || echo "bench: $1 lost $LOST of $2" >&2
}

upcalls() {
    local turn what kind
    rm -f ./*.median ./*.each ./*.cpu
    rules 1 >one
    rules 5000 >many
    for ((turn = 0; turn < pairs; ++turn)); do
        for what in floor one many; do
            [ $what = floor ] || cp $what conf
            for kind in single burst; do
                if [ $what = floor ]; then start_floor answer; else start_ours; fi
                if [ $kind = single ]; then streams $what.single 500 1; else streams $what.burst 2000 2000; fi
                stop
            done
        done
    done
    show "first packet of a new stream" "%s us, floor %s us, ratio %s (target 1.05)" \
        "$(ms "$(median <one.single.median)")" "$(ms "$(median <floor.single.median)")" \
        "$(ratio "$(median <one.single.median)" "$(median <floor.single.median)")"
    show "  the router's CPU time for it" "%s us, floor %s us, ratio %s" \
        "$(ms "$(median <one.single.cpu)")" "$(ms "$(median <floor.single.cpu)")" \
        "$(ratio "$(median <one.single.cpu)" "$(median <floor.single.cpu)")"
    show "2000 new streams at once, each" "%s us, floor %s us, ratio %s" \
        "$(ms "$(median <one.burst.each)")" "$(ms "$(median <floor.burst.each)")" \
        "$(ratio "$(median <one.burst.each)" "$(median <floor.burst.each)")"
    show "  the router's CPU time for each" "%s us, floor %s us, ratio %s" \
        "$(ms "$(median <one.burst.cpu)")" "$(ms "$(median <floor.burst.cpu)")" \
        "$(ratio "$(median <one.burst.cpu)" "$(median <floor.burst.cpu)")"
    show "new stream, 5000 rules against 64" "first packet %s, CPU time %s (target 1)" \
        "$(ratio "$(median <many.single.median)" "$(median <one.single.median)")" \
        "$(ratio "$(median <many.burst.cpu)" "$(median <one.burst.cpu)")"
}

# Packets of the tests' own tool at a steady rate: every stream's first packet must come through.
storm() {
    rules 5000 >conf
    start_ours
    "$mcast" sniff -i peer1 -n 10000 --for 20 --idle 1 --ready ready >heard &
    local listener=$!
    until [ -e ready ]; do sleep 0.01; done
    "$mcast" send 229.1.0.0 -i peer0 --groups 10000 --spoof 10.3.0.1 -n 1 -r 10000
    wait $listener
    stop
    show "10000 new streams, 10000 a second" "%s" "$(grep -o 'received=[0-9]*\|lost=[0-9]*' heard | xargs)"
}

resident() {
    routes "$1" >conf
    start_ours
    RSS=$(of_process VmRSS)
    ANON=$(of_process RssAnon)
}

memory() {
    resident 0
    local empty=$RSS anon=$ANON
    stop
    resident 3
    stop
    show "resident with 3 routes" "%s kB, %s kB of it our own pages (target 2048)" "$RSS" "$ANON"
    resident 100000
    stop
    show "memory for a static route" "%s B resident, %s B of our own pages (target 160)" \
        $(((RSS - empty) * 1024 / 100000)) $(((ANON - anon) * 1024 / 100000))
}

# Which processor a daemon and its client get is the scheduler's choice, and while a benchmark keeps
# two of them busy it is mostly one for both: then they take turns. So they are measured as it comes,
# and each with its own.
processors=$(awk '$1 == "Cpus_allowed_list:" { print $2 }' /proc/self/status)
place() { taskset -pc "$@" >/dev/null; }
place_apart() {
    place "${processors%%[-,]*}" "$PID"
    place "${processors%%[-,]*}" "$(worker)"
    place "${processors##*[-,]}" $$
}
place_anywhere() { place "$processors" $$; }

# The whole process of a client, its table into a file, beside one that reads the same counters.
table() {
    local what=$1 turn
    routes 10000 >conf
    : >floor.us
    : >ours.us
    : >ratios
    start_ours
    "${@:2}"
    for ((turn = 0; turn < pairs; ++turn)); do
        elapsed "$floor" counters 10000
        echo "$ELAPSED" >>floor.us
        local a=$ELAPSED
        rm -f rows  # to give back what was in it would take longer than to write it
        elapsed "$program" -u "$T/socket" --show routes >rows
        echo "$ELAPSED" >>ours.us
        ratio "$ELAPSED" "$a" >>ratios
    done
    place_anywhere
    stop
    show "show $(($(wc -l <rows) - 1)) routes$what" "%s ms, floor %s ms, ratio %s (target 3)" \
        "$(ms "$(median <ours.us)")" "$(ms "$(median <floor.us)")" "$(median <ratios)"
}

tables() {
    table "" place_anywhere
    [ "$(nproc)" -gt 1 ] || return
    table ", two processors" place_apart
}

# show_again SOCKET COMMAND...: runs the command beside a client that shows the routes again and
# again.
show_again() {
    rm -f enough rows
    while [ ! -e enough ] && "$program" -u "$1" --show routes; do :; done >rows &
    local shows=$!
    until [ -s rows ]; do sleep 0.01; done
    "${@:2}"
    : >enough
    wait "$shows"
}

# The same daemon once more, in a network of its own with the same interfaces.
start_other() {
    # shellcheck disable=SC2016 # for the other shell
    unshare -n sh -c 'ip link add eth0 type veth peer name eth1 &&
        ip link set eth0 up && ip link set eth1 up && exec "$@"' sh \
        "$program" -d -N -f "$T/conf" -u "$T/other" -P "$T/other.pid" -L warning
}
stop_other() {
    kill "$(cat other.pid)"
    while [ -e other.pid ]; do sleep 0.005; done
}

# What a long table costs others: new streams beside clients that show it again and again, and what
# memory it leaves with the daemon. On few processors most of the delay is the others' work there,
# not the daemon's: so the same beside shows of another daemon.
long_table() {
    local turn before after
    rm -f ./*.median ./*.each ./*.cpu
    { routes 100000 && rules 1; } >conf
    start_other || { echo "bench: no other daemon" >&2; exit 1; }
    for ((turn = 0; turn < pairs; ++turn)); do
        start_ours
        streams alone 500 1
        "$program" -u "$T/socket" --flush
        show_again "$T/other" streams control 500 1
        "$program" -u "$T/socket" --flush
        before=$(of_process RssAnon)
        show_again "$T/socket" streams beside 500 1
        "$program" -u "$T/socket" --show routes >rows
        after=$(of_process RssAnon)
        stop
    done
    stop_other
    show "first packet beside 100000-row shows" "%s us, alone %s us, ratio %s (target 1)" \
        "$(ms "$(median <beside.median)")" "$(ms "$(median <alone.median)")" \
        "$(ratio "$(median <beside.median)" "$(median <alone.median)")"
    show "  beside shows of another daemon" "%s us, ratio of ours to that %s" \
        "$(ms "$(median <control.median)")" \
        "$(ratio "$(median <beside.median)" "$(median <control.median)")"
    show "memory after 100000-row shows" "%s kB of our own pages, %s kB before (rows: %s kB)" \
        "$after" "$before" $(($(stat -c %s rows) / 1024))
}

wakeups() {
    routes 3 >conf
    start_ours
    # What starting has left to do.
    sleep 5.5
    local before
    before=$(of_process voluntary_ctxt_switches)
    sleep 4
    show "wake-ups in 4 idle seconds" "%s (target 0)" \
        $(($(of_process voluntary_ctxt_switches) - before))
    stop
}

# forward NAME RATE: the processor's time for a packet, in the sender's, for the kernel forwards it
# there before the sender can send the next.
forward() {
    local TIMEFORMAT="%U %S"
    { time nsenter -t "$hosts" -n "$mcast" send 225.0.0.0 -i peer0 --spoof 10.1.0.1 \
        -n 50000 -r "$2"; } 2>&1 |
        awk '{ print int(($1 + $2) * 20000) }' >>"$1"
}
# eth1's, since the start.
sent_packets() { awk '$1 == "eth1:" { print $11 }' /proc/net/dev; }

# The forwarding of one stream while --why watches. The last of all, for the peers leave this network,
# where packets to them would be watched as well.
watched() {
    local rate turn before watcher hosts peer
    unshare -n sleep 3600 &
    hosts=$!
    while [ "/proc/$hosts/ns/net" -ef /proc/self/ns/net ]; do sleep 0.01; done
    for peer in peer0 peer1; do
        ip link set $peer netns "$hosts"
        nsenter -t "$hosts" -n ip link set $peer up
    done
    sleep 1
    routes 1 >conf
    start_ours
    for rate in 20000 0; do
        rm -f ./*.each
        before=$(sent_packets)
        for ((turn = 0; turn < pairs; ++turn)); do
            forward alone.each $rate
            "$program" -u "$T/socket" --seconds 60 --why >/dev/null 2>&1 &
            watcher=$!
            sleep 0.3
            forward watched.each $rate
            kill $watcher
            wait $watcher 2>/dev/null
        done
        show "a packet beside --why, $([ $rate = 0 ] && echo fastest || echo "$rate/s")" \
            "%s ns, alone %s ns, ratio %s; %s of %s lost (target 0)" \
            "$(median <watched.each)" "$(median <alone.each)" \
            "$(ratio "$(median <watched.each)" "$(median <alone.each)")" \
            $((before + pairs * 100000 - $(sent_packets))) $((pairs * 100000))
    done
    stop
    kill "$hosts"
}

size() {
    strip -o stripped "$program" || return
    show "stripped program" "%s bytes (target 250000)" "$(stat -c %s stripped)"
}

echo "load average $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors, Linux $(uname -r)"
! wanted size || size
! wanted memory || memory
! wanted wakeups || wakeups
! wanted start || start
! wanted load || load 10000 "$pairs"
! wanted load || load 100000 $(((pairs + 1) / 2))
! wanted batch || batch
! wanted reload || reload
! wanted upcalls || upcalls
! wanted storm || storm
! wanted show || tables
! wanted show || long_table
! wanted instructions || "$here/instructions.sh" "$build"
! wanted watched || watched
echo "load average $(cut -d' ' -f1-3 /proc/loadavg)"
