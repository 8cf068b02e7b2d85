#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# A daemon that does not answer: a client says so, and never waits without an end.

. "$(dirname "$0")/lib.sh"
network 1

# ask NAME WORD...: beside others; what it said and how it ended is in NAME.err and NAME.status.
ask() {
    local name=$1
    shift
    {
        trap - ERR EXIT
        set +eE
        "$SMCROUTE" "$@" >"$name.out" 2>"$name.err" </dev/null
        echo $? >"$name.status"
    } &
}

# Long enough for those who give up after ten seconds.
all_have_ended() {
    local name
    for name in "$@"; do
        poll_until test -s "$name.status"
    done
}

# are_told TEXT NAME...: all of them, in one line, with status 69.
are_told() {
    local name
    all_have_ended "${@:2}"
    for name in "${@:2}"; do
        same "status of $name" "$(cat "$name.status")" 69
        same "what $name says" "$(cat "$name.out" "$name.err")" "smcroute: $1"
    done
}

# unanswered PID...: of these processes, the daemon, none runs.
unanswered() {
    echo show >lines
    kill -STOP "$@"
    ask add -a eth0 $S6 $G6 eth1
    ask show --show
    ask wait --wait
    ask batch --batch lines
    ask monitor --monitor
    ask watch --watch
    ask metrics --metrics
    ask reload --reload
    ask diff --diff
    are_told "the daemon (process $DAEMON) does not answer (it is stopped: kill -CONT $DAEMON)" \
        add show wait batch monitor watch metrics reload diff
    kill -CONT "$@"
    run 0 "$SMCROUTE" --show
    streams_to r1 $G4 3
    kill -STOP "$@"
    ask kill -k
    are_told "the daemon (process $DAEMON) does not answer (it is stopped: kill -CONT $DAEMON)" kill
    kill -CONT "$@"
    ended_well
}

test_a_stopped_daemon_is_told_of() {
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    start_daemon
    unanswered "$DAEMON" "$(worker)"
}

test_a_stopped_daemon_of_one_process_is_told_of() {
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    start_daemon --single
    unanswered "$DAEMON"
}

test_k_tells_of_a_guard_that_does_not_end() {
    start_daemon
    kill -STOP "$DAEMON"
    ask kill -k
    are_told "the daemon (process $DAEMON) does not answer (it is stopped: kill -CONT $DAEMON)" kill
    kill -CONT "$DAEMON"
    ended_well
}

test_k_does_not_wait_for_a_daemon_to_come() {
    ask add -a eth0 $S4 $G4 eth1
    run 69 "$SMCROUTE" -k
    not test -s add.status
    all_have_ended add
    same "status" "$(cat add.status)" 69
}

test_who_sits_at_a_terminal_is_told_what_is_waited_for() {
    command -v script >/dev/null || skip "no script(1)"
    mkdir -p /dev/pts
    mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts /dev/pts 2>/dev/null ||
        skip "no terminals here"
    [ -e /dev/ptmx ] || ln -s pts/ptmx /dev/ptmx
    start_daemon --single
    kill -STOP "$DAEMON"
    script -qfec "$SMCROUTE --show" show </dev/null >/dev/null &
    script -qfec "$SMCROUTE --watch" watch </dev/null >/dev/null &
    script -qfec "$SMCROUTE -i other --show" nobody </dev/null >/dev/null &
    poll_until grep -q "^smcroute: waiting for the daemon (process $DAEMON)" show
    poll_until grep -q "waiting for the daemon (process $DAEMON)" watch
    poll_until grep -q "^smcroute: waiting for a daemon at /var/run/other" nobody
    kill -CONT "$DAEMON"
    client -k
    start_daemon
    script -qfec "$SMCROUTE -a eth9 $G4 eth1 --wait 2" wait </dev/null >/dev/null || true
    same "how often it is told" "$(grep -c 'still waiting for eth9' wait)" 2
}

run_claims
