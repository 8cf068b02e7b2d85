#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# /etc/smcroute.conf: what its lines do, how they may be written, and what is said about bad ones.

. "$(dirname "$0")/lib.sh"
network 2

test_a_missing_file_is_no_error() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    streams_to r1 $G4 3
}

test_f_names_another_file() {
    echo "mroute from eth0 source $S4 group $G4 to eth1" >elsewhere.conf
    echo "mroute from eth0 source $S4 group 225.9.9.9 to eth1" | config
    start_daemon -f "$PWD/elsewhere.conf"
    same "the kernel's table" "$(mroutes)" "$S4 $G4 eth0 -> eth1"
}

test_a_relative_file_name_is_found_again_at_reload() {
    echo "mroute from eth0 source $S4 group $G4 to eth1" >elsewhere.conf
    start_daemon -f elsewhere.conf
    echo "mroute from eth0 source $S6 group $G6 to eth1" >>elsewhere.conf
    client --reload
    kernel_has "$S6 $G6 eth0 -> eth1"
}

test_the_example_of_the_manual_works_as_written() {
    config <<'END'
#
# smcroute.conf example
#
phyint wlan0 disable

# The following example instructs the kernel to join the multicast
# group 225.1.2.3 on interface eth0.
mgroup from eth0 group 225.1.2.3
mroute from eth0 group 225.1.2.3 source 192.168.1.42 to eth1 eth2

mgroup from eth0 group 225.3.2.1
mroute from eth0 group 225.3.2.1 to eth1 eth2
END
    start_daemon
    no_diagnostics
    joined eth0 225.1.2.3
    joined eth0 225.3.2.1
    kernel_has "192.168.1.42 225.1.2.3 eth0 -> eth1 eth2"
    listen r2 225.1.2.3 225.3.2.1 -n 8
    listen r1 225.1.2.3 225.3.2.1 -n 8
    send 225.1.2.3 -n 4 --spoof 192.168.1.42
    send 225.3.2.1 -n 4
    heard r1 lost=0
    heard r2 lost=0
}

test_the_shipped_file_is_accepted_without_a_word() {
    [ -e "$ROOT/conf/smcroute.conf" ] || skip "no conf/smcroute.conf"
    start_daemon -f "$ROOT/conf/smcroute.conf"
    no_diagnostics
}

test_clauses_stand_in_any_order_with_comments_tabs_crlf_and_no_last_newline() {
    printf '%s\r\n' "# written on another system" "" \
        "mroute	group $G4	source $S4 from eth0 to eth1   # at the end of a line" | config
    printf '   mroute source %s group %s from eth0 to eth2' $S6 $G6 >>/etc/smcroute.conf
    start_daemon
    no_diagnostics
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_has "$S6 $G6 eth0 -> eth2"
}

test_lines_with_an_equal_key_add_up_with_a_warning() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 source $S4 group $G4 to eth2
END
    start_daemon
    kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    poll_until grep -q 'smcroute\.conf:2:.*warning' daemon.err $SYSLOG
}

test_a_source_of_zero_in_the_file_means_any() {
    config <<END
mroute from eth0 source 0.0.0.0 group $G4 to eth1
mroute from eth0 source :: group $G6 to eth1
END
    start_daemon
    streams_to r1 $G4 4
    streams_to r1 $G6 4
}

two_bad_lines_of_five() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 group 10.1.2.3 to eth1
mgroup from eth0 group $G4
mrout from eth0 group 225.1.1.1 to eth1
mroute from eth0 source $S6 group $G6 to eth2
END
}

test_of_two_bad_lines_in_five_both_are_diagnosed_and_three_take_effect() {
    two_bad_lines_of_five
    start_daemon
    same "number of diagnostics" "$(grep -c 'error:' daemon.err)" 2
    grep -qE '^(smcroute: )?/etc/smcroute\.conf:2:24: error: .*10\.1\.2\.3' daemon.err
    grep -qE '^(smcroute: )?/etc/smcroute\.conf:4:1: error: .*mrout' daemon.err
    grep -qE '^(smcroute: )? *mroute from eth0 group 10.1.2.3 to eth1$' daemon.err
    grep -qE '^(smcroute: )? *\^~*$' daemon.err
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_has "$S6 $G6 eth0 -> eth2"
    joined eth0 $G4
    same "number of kernel routes" "$(mroutes | wc -l)" 2
    poll_until grep -q '^<27>.*smcroute\.conf:4:1' $SYSLOG
}

test_a_file_of_garbage_does_not_hinder_the_daemon() {
    head -c 20000 /dev/urandom | config
    start_daemon
    client -a eth0 $S4 $G4 eth1
    streams_to r1 $G4 3
}

test_1200_static_routes_and_300_groups_from_one_file() {
    local k
    for ((k = 0; k < 600; ++k)); do
        echo "mroute from eth0 source $S4 group 225.20.$((k / 250)).$((k % 250)) to eth1 eth2"
        echo "mroute from eth0 source $S6 group ff0e::20:$k to eth1"
    done >big.conf
    for ((k = 0; k < 150; ++k)); do
        echo "mgroup from eth0 group 225.21.0.$k"
        echo "mgroup from eth0 group ff0e::21:$k"
    done >>big.conf
    config <big.conf
    start_daemon
    no_diagnostics
    same "IPv4 routes" "$(ip -4 mroute show | grep -c 'Oifs: eth1 eth2')" 600
    same "IPv6 routes" "$(ip -6 mroute show | grep -c 'Oifs: eth1')" 600
    same "IPv4 joins" "$(ip maddr show dev eth0 | grep -c 'inet *225\.21')" 150
    same "IPv6 joins" "$(ip maddr show dev eth0 | grep -c 'inet6 ff0e::21:')" 150
    streams_to r2 225.20.2.99 5
    streams_to r1 ff0e::20:599 5
}

test_log_level_debug_says_more_than_notice_and_none_says_nothing() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
END
    start_daemon -L debug
    stop_daemon
    poll_until grep -q 'stopping' $SYSLOG
    grep -q '^<31>' "$(the_log)"
    : >$SYSLOG
    start_daemon
    stop_daemon
    poll_until grep -q 'stopping' $SYSLOG
    not grep -q '^<3[01]>' "$(the_log)"
    : >$SYSLOG
    start_daemon -L none
    stop_daemon
    same "the log" "$(cat "$(the_log)")" ""
}

test_a_log_line_names_interfaces_and_the_program() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
END
    start_daemon -L debug
    poll_until grep -q 'smcroute\[[0-9]*\]: .*eth1' $SYSLOG
}

test_n_logs_to_standard_error_and_stays() {
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    start_in_foreground -L debug
    kernel_has "$S4 $G4 eth0 -> eth1"
    stop_daemon
    test -s daemon.err
    same "the system's log" "$(cat "$(the_log)")" ""
}

test_n_with_s_logs_to_syslog() {
    start_in_foreground -s -L debug
    stop_daemon
    poll_until grep -q 'smcroute\[[0-9]*\]: ' $SYSLOG
}

run_claims
