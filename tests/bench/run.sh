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

# routes COUNT: 100 groups for each source, as "floor counters" knows them.
routes() {
    awk -v count="$1" 'BEGIN {
        for (i = 0; i < count; ++i) {
            s = 1 + int(i / 100)
            printf "mroute from eth0 source 10.1.%d.%d group 225.0.0.%d to eth1\n",
                int(s / 256), s % 256, i % 100
        }
    }'
}
routes6() {
    awk -v count="$1" 'BEGIN {
        for (i = 0; i < count; ++i)
            printf "mroute from eth0 source fd01::1:%x group ff0e::1:%x to eth1\n",
                1 + int(i / 100), i % 100
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

# Each leaves in PID the process that goes on, and what "elapsed" leaves.
start_ours() { elapsed "$program" -d "${our[@]}" && read -r PID <pid; }
start_floor() { elapsed "$floor" "$@" pid && read -r PID <pid; }
# The process that routes: of ours, the child of the guard that PID is.
worker() {
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v guard="$PID" '
        $2 == "(smcroute-worker)" && $4 == guard { print $1; exit }'
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
# cpu_ns: of guard and worker; of the floor's one process.
cpu_ns() {
    local worker
    worker=$(worker)
    awk '{ sum += $1 } END { print sum }' "/proc/$PID/schedstat" ${worker:+"/proc/$worker/schedstat"}
}

# elapsed COMMAND...: leaves how long the process took in ELAPSED, in us, and in CPU the processor's time
# for it, in ns; without what this shell needs to start it.
elapsed() {
    "$floor" time "$T/time" "$@" || { echo "bench: failed: $*" >&2; exit 1; }
    read -r ELAPSED CPU <"$T/time"
}

# ---- What is measured ----

# load WHAT TURNS TARGET: of the routes in "conf", from the command until all are in force. Starting is
# part of it; "a route" is what it takes more than with none.
load() {
    local turn kind
    rm -f ./*.us ./*.cpu
    cp conf all
    for ((turn = 0; turn < $2; ++turn)); do
        for kind in floor ours; do
            : >conf
            [ $turn -gt 2 ] || load_once $kind $kind.empty
            cp all conf
            load_once $kind $kind
        done
    done
    compare "load $1" "$3"
    cpu_compare "  processor time" "$3"
    show "  processor time a route" "%s us, floor %s us" "$(cpu_a_route ours)" "$(cpu_a_route floor)"
}

# load_once floor|ours NAME: adds its times to files of that name.
load_once() {
    if [ "$1" = floor ]; then start_floor load conf; else start_ours; fi
    echo $((CPU + $(cpu_ns))) >>"$2.cpu"
    echo "$ELAPSED" >>"$2.us"
    stop
}

cpu_a_route() {
    awk -v all="$(median <"$1.cpu")" -v none="$(median <"$1.empty.cpu")" -v count="$(wc -l <all)" \
        'BEGIN { printf "%.2f", (all - none) / count / 1000 }'
}

loads() {
    local count
    for count in 1000 10000 50000 100000; do
        routes $count >conf
        load "$count routes" $((count < 50000 ? pairs : (pairs + 1) / 2)) 1.25
    done
    routes6 10000 >conf
    load "10000 IPv6 routes" "$pairs" 1.3
}

# compare WHAT TARGET: the medians of ours.us and floor.us.
compare() {
    show "$1" "%s ms, floor %s ms, ratio %s (target $2)" \
        "$(ms "$(median <ours.us)")" "$(ms "$(median <floor.us)")" \
        "$(ratio "$(median <ours.us)" "$(median <floor.us)")"
}

# cpu_compare WHAT TARGET: those of ours.cpu and floor.cpu, in ns.
cpu_compare() {
    show "$1" "%s ms, floor %s ms, ratio %s (target $2)" \
        "$(ms $(($(median <ours.cpu) / 1000)))" "$(ms $(($(median <floor.cpu) / 1000)))" \
        "$(ratio "$(median <ours.cpu)" "$(median <floor.cpu)")"
}

# Ready, both processes, with three routes.
start() {
    local turn
    routes 3 >conf
    rm -f ours.* floor.*
    for ((turn = 0; turn < 3 * pairs; ++turn)); do
        load_once floor floor
        load_once ours ours
    done
    compare "start with 3 routes" 2.2
    cpu_compare "  processor time" 1.9
}

# One whole process of a client, beside a bare one that sends the same words.
single() {
    local turn
    : >conf
    rm -f ours.us floor.us
    start_ours
    for ((turn = 0; turn < 20 * pairs; ++turn)); do
        elapsed "$floor" client "$T/socket" -a eth0 10.1.0.1 225.1.0.1 eth1
        echo "$ELAPSED" >>floor.us
        elapsed "$program" -u "$T/socket" -a eth0 10.1.0.1 225.1.0.1 eth1
        echo "$ELAPSED" >>ours.us
    done
    stop
    compare "one -a" 1.1
}

# 10,000 adds by one client against a load of as many by the floor.
batch() {
    local turn
    routes 10000 >all
    sed 's/^mroute from/add/; s/ source / /; s/ group / /; s/ to / /' all >lines
    : >conf
    rm -f ours.us floor.us
    for ((turn = 0; turn < pairs; ++turn)); do
        start_floor load all
        stop
        echo "$ELAPSED" >>floor.us
        start_ours
        elapsed "$program" -u "$T/socket" --batch lines
        stop
        echo "$ELAPSED" >>ours.us
    done
    compare "batch of 10000 adds" 2.5
}

# reload_once NEW: of 10,000 routes, by us and by the floor.
reload_once() {
    local before cpu ns
    cp "$1" conf
    before=$(cpu_ns)
    elapsed "$program" -u "$T/socket" --reload
    echo "$ELAPSED" >>ours.us
    echo $(($(cpu_ns) - before)) >>ours.cpu
    read -r cpu ns < <(unshare -n sh -c 'ip link add eth0 type veth peer name eth1 && exec "$@"' sh \
        "$floor" reload even "$1")
    echo "$cpu" >>floor.cpu
    echo $((ns / 1000)) >>floor.us
}

reload() {
    local turn
    routes 10000 >even
    { cat even && echo "mroute from eth0 source 10.9.0.1 group 225.9.0.1 to eth1"; } >more.conf
    cp even conf
    start_ours
    rm -f ours.* floor.*
    for ((turn = 0; turn < pairs; ++turn)); do reload_once even; done
    cpu_compare "reload of 10000 unchanged, processor" 2
    rm -f ours.* floor.*
    for ((turn = 0; turn < pairs; ++turn)); do
        reload_once more.conf
        cp even conf
        "$program" -u "$T/socket" --reload
    done
    compare "reload with one route more" 2
    if type -P strace >/dev/null; then
        cp more.conf conf
        strace -f -e trace=setsockopt -o calls -p "$(worker)" 2>strace.err &
        local tracer=$!
        until grep -qs attached strace.err || ! kill -0 $tracer 2>/dev/null; do sleep 0.02; done
        "$program" -u "$T/socket" --reload
        kill $tracer
        wait $tracer 2>/dev/null
        show "  what it tells the kernel" "%s setsockopt calls" "$(grep -c setsockopt calls)"
    fi
    stop
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

# ratio_of NAME FILE-SUFFIX [AGAINST]: of the medians of a turn's files to those of the floor.
ratio_of() { ratio "$(median <"$1.$2")" "$(median <"${3:-floor}.$2")"; }

# nolearn COUNT: one rule for each group of that many streams.
nolearn() {
    awk -v count="$1" 'BEGIN {
        for (i = 0; i < count; ++i)
            printf "mroute from eth0 group 229.1.%d.%d nolearn to eth1\n", int(i / 256), i % 256
    }'
}

# us FILE: the median of these ns.
us() { ms "$(median <"$1")"; }

upcalls() {
    local turn what
    rm -f ./*.median ./*.each ./*.cpu
    rules 1 >one.conf
    rules 5000 >many.conf
    nolearn 500 >nolearn.conf
    for ((turn = 0; turn < pairs; ++turn)); do
        for what in floor one many nolearn; do
            [ $what = floor ] || cp $what.conf conf
            upcalls_of $what
        done
    done
    show "first packet of a new stream" "%s us, floor %s us, ratio %s (target 1.03)" \
        "$(us one.single.median)" "$(us floor.single.median)" "$(ratio_of one single.median)"
    show "  the router's CPU time for it" "%s us, floor %s us, ratio %s (target 1.05)" \
        "$(us one.single.cpu)" "$(us floor.single.cpu)" "$(ratio_of one single.cpu)"
    show "  with nolearn" "%s us, ratio %s (target 0.1); later packets %s us" \
        "$(us nolearn.single.median)" "$(ratio_of nolearn single.median)" "$(us nolearn.again.median)"
    show "  with 5000 prefix rules" "CPU time %s us, ratio %s (target 1.1); to 64 rules: %s" \
        "$(us many.single.cpu)" "$(ratio_of many single.cpu)" "$(ratio_of many single.cpu one)"
    for what in 2000 10000; do
        show "$what new streams at once, each" "%s us, floor %s us, ratio %s" \
            "$(us one.$what.each)" "$(us floor.$what.each)" "$(ratio_of one $what.each)"
        show "  the router's CPU time for each" "%s us, floor %s us, ratio %s (target 0.9)" \
            "$(us one.$what.cpu)" "$(us floor.$what.cpu)" "$(ratio_of one $what.cpu)"
    done
}

# upcalls_of WHAT: one at a time, and many at once, to a router that starts for it.
upcalls_of() {
    local burst
    for burst in 1 2000 10000; do
        [ $burst = 1 ] || [ "$1" = floor ] || [ "$1" = one ] || continue
        if [ "$1" = floor ]; then start_floor answer; else start_ours; fi
        if [ $burst = 1 ]; then
            streams "$1.single" 500 1
            streams "$1.again" 500 1 # by now each has its entry
        else
            streams "$1.$burst" $burst $burst
        fi
        stop
    done
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
    # Streams that no rule takes.
    echo "mroute from eth0 group 231.0.0.1 to eth1" >conf
    start_ours
    anon=$(of_process RssAnon)
    "$mcast" send 230.1.0.0 -i peer0 --groups 20000 --spoof 10.3.0.1 -n 1 -r 5000
    while [ "$(grep -c '' /proc/net/ip_mr_cache)" -le 20000 ]; do sleep 0.1; done
    show "memory for an unmatched stream" "%s B of our own pages (target 100)" \
        $((($(of_process RssAnon) - anon) * 1024 / 20000))
    stop
}

# How long the routes are without their router: upgrades and killed workers beneath a stream.
restarts() {
    local turn begin before sender
    routes 10000 >conf
    start_ours
    rm -f ./*.us
    "$mcast" sniff -i peer1 --for 120 --idle 1 --ready ready >heard &
    local listener=$!
    until [ -e ready ]; do sleep 0.01; done
    "$mcast" send 225.0.0.0 -i peer0 --spoof 10.1.0.1 -n 100000 -r 5000 &
    sender=$!
    for ((turn = 0; turn < pairs; ++turn)); do
        elapsed "$program" -u "$T/socket" --upgrade
        echo "$ELAPSED" >>upgrade.us
        PID=$(cat pid)
        before=$(worker)
        kill -KILL "$before"
        begin=${EPOCHREALTIME/./}
        until [ "$(worker)" != "$before" ] && "$program" -u "$T/socket" --show status >rows 2>&1; do :; done
        echo $((${EPOCHREALTIME/./} - begin)) >>kill.us
    done
    wait $sender
    wait $listener
    stop
    show "upgrade with 10000 routes" "%s ms" "$(ms "$(median <upgrade.us)")"
    show "worker killed, until it serves again" "%s ms" "$(ms "$(median <kill.us)")"
    show "  packets of 100000 meanwhile" "%s (target 0)" "$(grep -o 'lost=[0-9]*' heard)"
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
! wanted load || loads
! wanted single || single
! wanted batch || batch
! wanted reload || reload
! wanted upcalls || upcalls
! wanted storm || storm
! wanted restarts || restarts
! wanted show || tables
! wanted show || long_table
! wanted instructions || "$here/instructions.sh" "$build"
! wanted watched || watched
echo "load average $(cut -d' ' -f1-3 /proc/loadavg)"
