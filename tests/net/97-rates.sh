#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# --show rates: what flows now, measured on streams of a known rate.

. "$(dirname "$0")/lib.sh"
network 2

# field GROUP N: that field of the group's row in the table in "out".
field() { awk -v group="$1" -v n="$2" '$2 == group { print $n }' out; }

# is_between WHAT NUMBER LOW HIGH
is_between() {
    awk -v n="$2" -v low="$3" -v high="$4" 'BEGIN { exit !(n >= low && n <= high) }' ||
        fail "$1 is '$2', not $3 to $4"
}

shows_flow_of() { run 0 "$SMCROUTE" --show rates "$1" && [ "$(field "$1" 5)" != 0 ]; }

# measures SOURCE GROUP SILENT-GROUP. On a busy machine the sender may send less, and the client may
# have the first answer late and so take the time for shorter.
measures() {
    start_daemon
    client -a eth0 "$1" "$2" eth1 eth2 -a eth0 "$1" "$3" eth1
    stream sender "$2" -r 100 --size 1000
    poll_until shows_flow_of "$2"
    run 0 "$SMCROUTE" --show rates
    end_streams
    same "standard error" "$(cat err)" ""
    same "heading" "$(head -n 1 out | xargs)" "SOURCE GROUP IIF OIFS PPS BIT/S IDLE ORIGIN STATE"
    same "first row" "$(sed -n 2p out | awk '{ print $1, $2, $3, $4, $8, $9 }')" "$1 $2 eth0 eth1,eth2 client flows"
    is_between "packets a second" "$(field "$2" 5)" 10 300
    # Packets of 1000 bytes and their headers.
    [[ $(field "$2" 6) == *[kM] ]]
    same "the silent row" "$(sed -n 3p out | awk '{ print $2, $5, $6, $7, $9, $10, $11 }')" \
        "$3 0 0 - no packet yet"
}

test_rates_of_ipv4_are_those_of_the_stream() { measures $S4 $G4 225.1.1.1; }
test_rates_of_ipv6_are_those_of_the_stream() { measures $S6 $G6 ff0e::1:2:2; }

test_rates_in_json_are_integers_that_fit_the_size_of_the_packets() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    stream sender $G4 -r 100 --size 1000
    poll_until shows_flow_of $G4
    run 0 "$SMCROUTE" --json --show rates $G4
    end_streams
    local packets bits
    packets=$(sed -n 's/.*"packets_per_s": \([0-9]*\),.*/\1/p' out)
    bits=$(sed -n 's/.*"bits_per_s": \([0-9]*\),.*/\1/p' out)
    is_between "packets a second" "$packets" 10 300
    is_between "bits in a packet" $((bits / packets)) 8000 8800
    grep -qE '"oifs": \["eth1"\], "oifs_down": \[\], "oifs_gone": \[\], "oifs_no_slot": \[\], .*"idle_s": [0-9]+\.[0-9]{3}, "origin": "client", "state": "flows", "kind": "static"\}$' out
}

# In milliseconds.
idle_of() {
    run 0 "$SMCROUTE" --json --show rates "$1" &&
        sed -n 's/.*"idle_s": \([0-9.]*\).*/\1/p' out | awk '{ print int($1 * 1000 + 0.5) }'
}
is_idle_for_less() { [ "$(idle_of "$1")" -lt "$2" ]; }

test_a_silent_stream_tells_since_when() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    send $G4 -n 3
    local before after
    before=$(idle_of $G4)
    after=$(idle_of $G4)
    # Between the answers lies at least the second of a measurement.
    [ $((after - before)) -ge 900 ]
    stream sender $G4 -r 100
    poll_until is_idle_for_less $G4 "$before"
    end_streams
}

test_rates_are_of_a_group_of_a_range_or_of_an_interface() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S4 225.1.9.9 eth1 -a eth1 10.0.1.2 225.7.7.7 eth2 \
        -a eth0 $S6 $G6 eth1
    shows_groups rates 225.1.0.0/16 "$G4 225.1.9.9"
    shows_groups rates $G6 $G6
    shows_groups rates 10.0.1.2 225.7.7.7
    shows_groups rates eth9 ""
    run 0 "$SMCROUTE" --show rates 239.1.1.1
    same "what is said of nothing" "$(cat out)" "no routes match '239.1.1.1'"
    run 0 "$SMCROUTE" --json --show rates 239.1.1.1
    same "JSON of nothing" "$(cat out)" "[]"
    refused 64 -d --show rates
    same "message" "$(cat err)" "smcroute: --show needs a running daemon: call it after -d"
}

is_connected() { ss -xnH | awk '$2 == "ESTAB" && $5 ~ "/run/smcroute$" { found = 1 } END { exit !found }'; }

# It is stopped, so that its second does not pass while the daemon ends.
test_a_daemon_that_goes_away_between_the_readings_is_an_error() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    "$SMCROUTE" --show rates >shown 2>complaint </dev/null &
    local pid=$! status=0
    poll_until is_connected
    kill -STOP $pid
    stop_daemon
    kill -CONT $pid
    wait $pid || status=$?
    same "exit status" $status 69
    same "output" "$(cat shown)" ""
    same "message" "$(cat complaint)" "smcroute: the daemon closed the connection before it answered"
}

test_a_batch_shows_rates_too() {
    start_daemon
    printf '%s\n' "add eth0 $S4 $G4 eth1" "show rates $G4" "remove eth0 $S4 $G4" "show rates" >commands
    run 0 "$SMCROUTE" --batch commands
    same "the rows" "$(sed 's/  */ /g' out)" \
        "SOURCE GROUP IIF OIFS PPS BIT/S IDLE ORIGIN STATE
$S4 $G4 eth0 eth1 0 0 - client no packet yet
no routes are installed"
}

run_claims
