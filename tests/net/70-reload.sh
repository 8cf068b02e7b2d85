#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Reading the file again: HUP and --reload make the running state equal to the file, and touch
# nothing else.

. "$(dirname "$0")/lib.sh"
network 2

# reload_by_signal: HUP; the daemon touches its pid file when it is done.
reload_by_signal() {
    local before
    before=$(stat -c %y /run/smcroute.pid)
    kill -HUP "$DAEMON"
    poll_until pid_file_differs "$before"
}
pid_file_differs() { [ "$(stat -c %y /run/smcroute.pid)" != "$1" ]; }

two_routes_and_a_group() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 source $S6 group $G6 to eth1
mgroup from eth0 group $G4
END
}

other_lines_take_effect() {
    two_routes_and_a_group
    start_daemon
    config <<END
mroute from eth0 source $S4 group $G4 to eth1 eth2
mroute from eth0 source $S4 group 225.9.9.9 to eth2
mroute from eth0 group ff0e::9 to eth2
mgroup from eth0 group 225.9.9.9
mgroup from eth1 group $G6
END
    "$@"
    same "the kernel's table" "$(mroutes | sort)" "$S4 $G4 eth0 -> eth1 eth2
$S4 225.9.9.9 eth0 -> eth2"
    not joined eth0 $G4
    joined eth0 225.9.9.9
    joined eth1 $G6
    streams_to r2 225.9.9.9 3
    streams_to r2 ff0e::9 4
    silent_at r1 $G6
}
test_hup_adds_what_came_and_removes_what_went() { other_lines_take_effect reload_by_signal; }
test_the_reload_command_does_the_same_and_returns_when_done() {
    other_lines_take_effect client --reload
}

test_the_reload_command_touches_the_pid_file() {
    two_routes_and_a_group
    start_daemon
    local before
    before=$(stat -c %y /run/smcroute.pid)
    client --reload
    pid_file_differs "$before"
    same "the pid" "$(cat /run/smcroute.pid)" "$DAEMON"
}

test_what_the_client_added_goes_at_reload() {
    two_routes_and_a_group
    start_daemon
    client -a eth0 $S4 225.9.9.9 eth1 -j eth0 225.9.9.9 -a eth0 $S4 $G4 eth2 -a eth0 ff0e::9 eth1
    kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    reload_by_signal
    same "the kernel's table" "$(mroutes)" "$S4 $G4 eth0 -> eth1
$S6 $G6 eth0 -> eth1"
    not joined eth0 225.9.9.9
    joined eth0 $G4
    silent_at r1 ff0e::9
}

test_what_the_client_removed_comes_back_at_reload() {
    two_routes_and_a_group
    start_daemon
    client -r eth0 $S4 $G4 -l eth0 $G4
    reload_by_signal
    kernel_has "$S4 $G4 eth0 -> eth1"
    joined eth0 $G4
}

test_a_reload_resets_no_counter_and_forgets_no_learned_stream() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 group $G6 to eth1
END
    start_daemon
    streams_to r1 $G4 5
    streams_to r1 $G6 4
    echo "mroute from eth0 group 225.9.9.9 to eth1" >>/etc/smcroute.conf
    reload_by_signal
    kernel_has "$S6 $G6 eth0 -> eth1"
    streams_to r1 $G4 5
    streams_to r1 $G6 4
    same "packets counted for IPv4" "$(packets_of $S4 $G4)" 10
    same "packets counted for IPv6" "$(packets_of $S6 $G6)" 8
}

test_a_rule_that_comes_or_goes_with_the_file_changes_streams_that_run() {
    start_daemon
    send $G4
    send $G6
    poll_until kernel_has "$S4 $G4 eth0 ->"
    poll_until kernel_has "$S6 $G6 eth0 ->"
    config <<END
mroute from eth0 group $G4 to eth1
mroute from eth0 group $G6 to eth1
END
    reload_by_signal
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_has "$S6 $G6 eth0 -> eth1"
    streams_to r1 $G4 5
    streams_to r1 $G6 5
    : | config
    reload_by_signal
    silent_at r1 $G4
    silent_at r1 $G6
}

test_phyint_lines_take_effect_at_reload() {
    echo "mroute from eth0 source $S4 group $G4 to eth1 eth2" | config
    start_daemon
    has_vif eth2
    echo "phyint eth2 disable" >>/etc/smcroute.conf
    reload_by_signal
    lacks_vif eth2
    kernel_has "$S4 $G4 eth0 -> eth1"
    sed -i /phyint/d /etc/smcroute.conf
    reload_by_signal
    has_vif eth2
    kernel_has "$S4 $G4 eth0 -> eth1 eth2"
}

test_streams_of_2000_packets_a_second_lose_nothing_over_five_reloads() {
    local round
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 source $S6 group $G6 to eth2
END
    start_daemon
    listen r1 $G4
    listen r2 $G6
    stream sender $G4 -r 2000
    stream sender $G6 -r 2000
    for round in 1 2 3 4 5; do
        poll_until received_at_least r1 $((round * 300))
        poll_until received_at_least r2 $((round * 300))
        echo "mroute from eth0 source $S4 group 225.9.9.$round to eth1" >>/etc/smcroute.conf
        echo "mroute from eth0 group ff0e::9:$round to eth1 eth2" >>/etc/smcroute.conf
        reload_by_signal
        kernel_has "$S4 225.9.9.$round eth0 -> eth1"
    done
    end_streams
    heard_only r1 first=0 gaps=0 duplicated=0
    heard_only r2 first=0 gaps=0 duplicated=0
    same "packets counted and received for IPv4" "$(packets_of $S4 $G4)" "$(received r1)"
    same "packets counted and received for IPv6" "$(packets_of $S6 $G6)" "$(received r2)"
}

break_the_file() {
    config <<END
mroute from eth0 source $S4 group 225.9.9.9 to eth1
mroute from eth0 group 10.1.2.3 to eth1
mgroup from eth0 group 225.9.9.9
END
}

test_reload_of_a_broken_file_changes_nothing_and_tells_the_client() {
    two_routes_and_a_group
    start_daemon
    client -a eth0 $S4 225.8.8.8 eth2
    streams_to r1 $G4 5
    local before
    before=$(mroutes)
    break_the_file
    run 78 "$SMCROUTE" --reload
    same "standard output" "$(cat out)" ""
    grep -qE '^(smcroute: )?/etc/smcroute\.conf:2:24: error: .*10\.1\.2\.3' err
    grep -qE '^(smcroute: )? *mroute from eth0 group 10.1.2.3 to eth1$' err
    same "the kernel's table" "$(mroutes)" "$before"
    joined eth0 $G4
    not joined eth0 225.9.9.9
    streams_to r1 $G4 5
    same "packets counted" "$(packets_of $S4 $G4)" 10
    two_routes_and_a_group
    client --reload
    kernel_lacks 225.8.8.8
}

test_hup_with_a_broken_file_changes_nothing_and_logs_why() {
    two_routes_and_a_group
    start_daemon
    local before
    before=$(mroutes)
    break_the_file
    kill -HUP "$DAEMON"
    poll_until grep -q 'smcroute\.conf:2:24.*10\.1\.2\.3' $SYSLOG
    client -j eth1 $G6
    same "the kernel's table" "$(mroutes)" "$before"
    not joined eth0 225.9.9.9
}

test_an_empty_file_empties_the_configuration() {
    two_routes_and_a_group
    start_daemon
    : >/etc/smcroute.conf
    reload_by_signal
    same "the kernel's table" "$(mroutes)" ""
    not joined eth0 $G4
}

test_many_signals_at_once_are_no_harm() {
    two_routes_and_a_group
    start_daemon
    local k
    for ((k = 0; k < 50; ++k)); do
        kill -HUP "$DAEMON"
    done
    client -a eth0 $S4 225.9.9.9 eth2
    streams_to r1 $G4 5
}

# flood GROUP: the file has that group as well, and more signals say so than there is room for between
# guard and worker, which is stopped meanwhile. At intervals: what is pending already is not counted.
# A slow machine sends fewer: a worker that is stopped for ten seconds would be replaced.
flood() {
    local k never end=$((SECONDS + 5))
    exec {never}<> <(:)
    kill -STOP "$(worker)"
    echo "mgroup from eth2 group $1" >>/etc/smcroute.conf
    for ((k = 0; k < 350 && SECONDS < end; ++k)); do
        kill -HUP "$DAEMON"
        read -r -t 0.002 -u $never || true
    done
    kill -CONT "$(worker)"
}
reloads() { "$SMCROUTE" --show status | awk '$1 == "reloads:" { print $2 }'; }

test_signals_by_the_hundred_while_nobody_reads_them_are_one_reload() {
    two_routes_and_a_group
    start_daemon
    flood 225.7.7.7
    poll_until joined eth2 225.7.7.7
    client -j eth1 $G6
    same "reloads" "$(reloads)" 1
}

# Whenever the worker is stopped in a reload, it waits for a file. One more reload is for whoever has
# sent his signal when the files were read.
test_signals_by_the_hundred_in_a_reload_are_one_more_at_most() {
    local k
    mkdir more
    for k in {0..999}; do
        echo "mgroup from eth2 group 225.1.$((k / 250)).$((k % 250))" >more/$k
    done
    two_routes_and_a_group
    echo "include $PWD/more/*" >>/etc/smcroute.conf
    start_daemon
    for k in 1 2 3; do
        kill -HUP "$DAEMON"
        flood 225.7.7.$k
        poll_until joined eth2 225.7.7.$k
        [ "$(reloads)" -le $((2 * k)) ]
    done
    kill -HUP "$DAEMON"
    flood 225.7.7.8
    stop_daemon
}

run_claims
