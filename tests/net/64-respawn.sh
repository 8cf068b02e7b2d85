#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# The daemon under a supervisor that knows nothing of it but that it ended, as runit's: whichever of
# its processes is killed, and when, the next start has everything running again.

. "$(dirname "$0")/lib.sh"
network 2

ROUNDS=${ROUNDS:-8}
[ ${#wrap[@]} = 0 ] || ROUNDS=2

# manage: under the stand-in for systemd, which keeps descriptors.
manage() {
    "$SERVICE_MANAGER" --log events "${wrap[@]}" "$SMCROUTE" -n >>daemon.err 2>&1 </dev/null &
    SUPERVISOR=$!
    poll_until is_running
}

guard() { sed -n 's/^started //p' events | tail -n 1; }

# supervise [OPTION...]: starts the daemon again 0.2 s after its end, until stop_supervisor.
supervise() {
    touch supervised
    {
        trap - ERR EXIT
        set +eE
        while [ -e supervised ]; do
            "${wrap[@]}" "$SMCROUTE" -n "$@" >>daemon.err 2>&1 </dev/null &
            echo "started $!" >>events
            wait $!
            sleep 0.2
        done
    } 2>/dev/null &  # where the shell would say who was killed
    SUPERVISOR=$!
    poll_until is_running
}

stop_supervisor() {
    rm -f supervised
    client -k
    wait $SUPERVISOR 2>/dev/null || true
    nothing_left
    same "workers" "$(workers)" 0
    DAEMON=
}

workers() {
    cat /proc/[0-9]*/stat 2>/dev/null | awk '$2 == "(smcroute-worker)" && $3 != "Z"' | wc -l
}

# is_running: the process in the pid file is what the supervisor has started, and its only worker serves.
is_running() {
    DAEMON=$(guard) &&
        [ "$(cat /run/smcroute.pid)" = "$DAEMON" ] &&
        [ "$(worker | wc -l)" = 1 ] && [ "$(workers)" = 1 ] &&
        "$SMCROUTE" --show status | grep -qx 'guard: *runs'
}

# runs_again: by itself, and with what the file says.
runs_again() {
    local since=$EPOCHREALTIME took
    poll_until is_running
    took=$(milliseconds_since "$since")
    [ "$took" -le "$LONGEST" ] || LONGEST=$took
    mroutes >entries
    grep -qxF "$S4 $G4 eth0 -> eth1" entries
}

# each_round COMMAND...: ROUNDS times, with the number of the round behind it.
each_round() {
    local round
    LONGEST=0
    for ((round = 0; round < ROUNDS; ++round)); do
        "$@" "$round"
        runs_again
    done
    echo "# $ROUNDS times, the longest until it ran again: $LONGEST ms"
}

routes() { echo "mroute from eth0 source $S4 group $G4 to eth1" | config; }

kill_guard() { strike "$DAEMON"; }
kill_worker() { strike "$(worker)"; }
kill_both() { strike "$DAEMON" "$(worker)"; }

test_whichever_process_is_killed_it_runs_again() {
    routes
    supervise
    client -a eth0 $S6 $G6 eth1
    each_round kill_guard
    each_round kill_worker
    kernel_has "$S6 $G6 eth0 -> eth1"
    # There is nobody left who would know.
    each_round kill_both
    kernel_lacks $G6
    stop_supervisor
}

# kill_early ROUND: the guard, and then the next one as it starts, a few milliseconds later each time.
kill_early() {
    local before
    before=$(starts)
    kill_guard
    poll_until started_more_than "$before"
    sleep "0.00$(($1 % 10))"
    strike "$(guard)"
}
starts() { grep -c '^started' events; }
started_more_than() { [ "$(starts)" -gt "$1" ]; }

test_one_that_is_killed_while_it_starts_is_followed_by_one_that_runs() {
    routes
    supervise
    ROUNDS=$((ROUNDS * 2)) each_round kill_early
    stop_supervisor
}

# kill_in_reload ROUND: of a file that takes a while.
kill_in_reload() {
    kill -HUP "$DAEMON"
    sleep "0.0$((10 + $1 * 4))"
    kill_guard
}

test_a_guard_killed_in_a_reload_is_followed_by_one_that_runs() {
    {
        echo "mroute from eth0 source $S4 group $G4 to eth1"
        many_routes 5000
    } | config
    supervise
    each_round kill_in_reload
    client --reload
    same "entries" "$(mroutes | wc -l)" 5001
    stop_supervisor
}

# kill_in_upgrade ROUND: at first before the new program runs, later when it takes over.
kill_in_upgrade() {
    kill -USR2 "$DAEMON"
    sleep "0.0$((10 + $1 * 8))"
    kill_guard
}

test_under_a_manager_it_runs_again_too() {
    [ ${#wrap[@]} = 0 ] || skip "the program that runs is valgrind"
    cp "$SMCROUTE" smcroute
    {
        echo "mroute from eth0 source $S4 group $G4 to eth1"
        many_routes 1000
    } | config
    SMCROUTE=$PWD/smcroute manage
    each_round kill_guard
    each_round kill_worker
    each_round kill_both
    each_round kill_early
    each_round kill_in_reload
    each_round kill_in_upgrade
    stop_supervisor
}

test_a_guard_killed_in_an_upgrade_is_followed_by_one_that_runs() {
    [ ${#wrap[@]} = 0 ] || skip "the program that runs is valgrind"
    cp "$SMCROUTE" smcroute
    routes
    SMCROUTE=$PWD/smcroute supervise
    each_round kill_in_upgrade
    stop_supervisor
}

run_claims
