#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# --monitor: a line for each event as it happens, and that a monitor harms nobody.

. "$(dirname "$0")/lib.sh"
network 1

# monitor [OPTION...]: from now on each event is a line in the file "events".
monitor() {
    rm -f events
    "$SMCROUTE" "$@" --monitor >events 2>complaint </dev/null &
    LISTENER=$!
    poll_until grep -q listening events
}

# monitor_ends STATUS
monitor_ends() {
    local status=0
    wait $LISTENER || status=$?
    same "exit status of the monitor" $status "$1"
}

# told LINE: it is among the events, after its time.
told() { sed 's/^[^ ]* //' events | grep -qxF -- "$1"; }

# add_tunnel: an interface tun0, down, whose other end is elsewhere.
add_tunnel() { ip link add tun0 type veth peer name tun0 netns sender; }

# times_told PATTERN: how many events match.
times_told() { grep -cE -- "$1" events || true; }

test_streams_are_told_as_they_come_and_go() {
    echo "mroute from eth0 group $G4 to eth1" | config
    start_daemon -c 1
    client -a eth0 $G6 eth1
    monitor
    streams_to r1 $G4 4
    poll_until told "learned ($S4, $G4) from eth0 to eth1 by smcroute.conf:1"
    streams_to r1 $G6 4
    poll_until told "learned ($S6, $G6) from eth0 to eth1 by client"
    silent_at r1 225.7.7.7
    poll_until told "blocked ($S4, 225.7.7.7) from eth0"
    poll_until told "expired ($S4, $G4) from eth0 to eth1 by smcroute.conf:1: silent"
    poll_until told "expired ($S4, 225.7.7.7) from eth0: silent"
    same "times it was learned" "$(times_told "learned .*$G4")" 1
    same "lines without their time" \
        "$(grep -vcE '^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{3}Z [a-z]' events || true)" 0
    same "first line" "$(head -n 1 events | cut -d ' ' -f 2-)" "listening: 2 routes, 0 pending, 0 groups"
}

test_a_flush_is_told() {
    start_daemon
    silent_at r1 $G4
    monitor
    client --flush
    poll_until told "expired ($S4, $G4) from eth0: flushed"
}

test_interfaces_are_told_as_they_come_change_and_go() {
    start_daemon
    monitor
    add_tunnel
    poll_until told "appeared tun0"
    ip link set tun0 up
    poll_until told "up tun0"
    ip link set tun0 down
    poll_until told "down tun0"
    ip link set tun0 name wan0
    poll_until told "renamed wan0 (was tun0)"
    ip link del wan0
    poll_until told "gone wan0"
    same "order" "$(cut -d ' ' -f 2 events | xargs)" "listening: appeared up down renamed gone"
}

test_an_interface_that_a_line_names_is_logged_when_it_goes_down_and_up() {
    echo "mroute from eth0 group $G4 to eth1" | config
    start_daemon -N
    monitor
    add_tunnel
    ip link set tun0 up
    ip link set eth1 down
    poll_until told "down eth1"
    ip link set eth1 up
    poll_until told "up eth1"
    grep -q '<29>.*: interface eth1 is down: nothing arrives or leaves by it$' "$(the_log)"
    grep -q '<29>.*: interface eth1 is up$' "$(the_log)"
    not grep -q tun0 "$(the_log)"
    ip link del tun0
    await_links
}

test_reloads_and_failing_hooks_are_told() {
    cat >hook <<-"END"
		#!/bin/sh
		[ "$1" != reload ] || exit 3
	END
    chmod +x hook
    start_daemon -e "$PWD/hook"
    poll_until grep -q 'hook reload exited' $SYSLOG
    monitor
    echo "mroute from eth0 group $G4 to eth1" | config
    client --reload
    poll_until told "reloaded: 1 route, 0 pending, 0 groups"
    poll_until told "hook-failed: $PWD/hook reload exited with status 3"
    echo "mrute" | config
    kill -HUP "$DAEMON"
    poll_until told "reload-refused: /etc/smcroute.conf:1:1 has an error (see the log)"
    streams_to r1 $G4 4
    poll_until told "learned ($S4, $G4) from eth0 to eth1 by smcroute.conf:1"
    same "failures" "$(times_told hook-failed)" 1
}

test_json_is_what_the_manual_says() {
    : | config
    start_daemon
    client -a eth0 $G4 eth1
    monitor --json
    streams_to r1 $G4 4
    silent_at r1 225.7.7.7
    add_tunnel
    ip link set tun0 name wan0
    ip link del wan0
    client --reload
    poll_until grep -q reloaded events
    "$PEST" json <events >objects
    same "objects that are not as the manual says" "$(grep -vxE "$(documented events)" objects || true)" ""
    same "objects" "$(wc -l <objects)" "$(wc -l <events)"
    same "a stream" "$(grep learned events | sed 's/^{"time": "[^"]*", //')" \
        "\"event\": \"learned\", \"interface\": null, \"source\": \"$S4\", \"group\": \"$G4\", \"iif\": \"eth0\", \"oifs\": [\"eth1\"], \"origin\": \"client\", \"was\": null, \"lost\": null, \"detail\": null}"
    same "an interface" "$(grep renamed events | sed 's/^{"time": "[^"]*", //')" \
        '"event": "renamed", "interface": "wan0", "source": null, "group": null, "iif": null, "oifs": [], "origin": null, "was": "tun0", "lost": null, "detail": null}'
    grep -oE '"event": "[a-z-]+"' events | cut -d '"' -f 4 | sort -u | while read -r word; do
        grep -qE "^\.It Ql (.* )?$word( |$)" "$ROOT/man/smcroute.8" || fail "the manual has no $word"
    done
}

blocked_streams() { "$SMCROUTE" --json --show status | grep -oE '"blocked": [0-9]+' | grep -oE '[0-9]+'; }
# On a slow machine the daemon has yet to answer some when all are sent: the kernel has entries of them
# without an inbound. What was lost on its way to the daemon goes after ten seconds.
all_are_answered() { ! grep -qE ' -1 +[0-9]+ +[0-9]+ +[0-9]+$' /proc/net/ip_mr_cache; }

# So many streams that neither the sockets nor what the daemon keeps for a client can hold them.
test_a_monitor_that_does_not_read_delays_nobody_and_is_told_what_it_lost() {
    start_daemon
    monitor --json
    kill -STOP $LISTENER
    send 225.7.7.7 --spoof 172.16.0.1 --sources 20000 -n 1 -r 10000
    poll_until all_are_answered
    client -a eth0 $G4 eth1
    streams_to r1 $G4 4
    local blocked
    blocked=$(blocked_streams)
    [ "$blocked" -ge 5000 ]
    kill -CONT $LISTENER
    poll_until grep -q '"learned"' events
    local lost
    lost=$(grep -oE '"lost": [0-9]+' events | awk '{ sum += $2 } END { print sum + 0 }')
    [ "$lost" -gt 0 ]
    same "events told and lost" $(($(times_told '"blocked"') + lost)) "$blocked"
    # The newest are those that are kept.
    grep -A 1 '"event": "lost"' events | tail -n 1 | grep -q '"event": "blocked"'
}

test_monitors_do_not_disturb_each_other() {
    start_daemon
    monitor
    local first=$LISTENER
    monitor
    mv events second
    monitor
    strike $first $LISTENER
    wait $first $LISTENER 2>/dev/null || true
    add_tunnel
    ip link del tun0
    poll_until grep -q 'gone tun0' second
}

test_a_daemon_that_ends_is_an_error() {
    start_daemon
    monitor
    client -k
    monitor_ends 69
    same "message" "$(cat complaint)" "smcroute: the daemon closed the connection"
    start_daemon
    monitor --json
    client -k
    monitor_ends 69
    same "message in JSON" "$(cat complaint)" '{"error": "the daemon closed the connection", "status": 69}'
}

test_it_ends_when_interrupted_or_when_nobody_reads() {
    start_daemon
    monitor
    kill -TERM $LISTENER
    monitor_ends 143
    # Nothing happens that it could fail to write.
    { "$SMCROUTE" --monitor && echo well >ended_well; } | head -n 1 >first
    poll_until test -e ended_well
    grep -q listening first
}

test_it_is_neither_for_a_batch_nor_for_a_start() {
    start_daemon
    echo monitor >commands
    refused 64 --batch commands
    same "message" "$(cat err)" "smcroute: commands:1: monitor cannot be in a batch"
    refused 64 --monitor now
    same "message" "$(cat err)" "smcroute: --monitor: unexpected 'now'"
    refused 64 -d --monitor
    same "message" "$(cat err)" "smcroute: --monitor needs a running daemon: call it after -d"
}

run_claims
