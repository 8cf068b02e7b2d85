#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Routes with a source and a group, given by the client: what they forward, where, and what not.

. "$(dirname "$0")/lib.sh"
network 3

forwards_each_packet_once() {
    start_daemon
    client -a eth0 "$1" "$2" eth1
    kernel_has "$1 $2 eth0 -> eth1"
    listen r1 "$2" -n 50
    send "$2" -n 50 -t 16
    heard r1 received=50 lost=0 duplicated=0 late=0 sources="$1" ttl=15-15
}
test_exact_ipv4_route_forwards_each_packet_once_with_ttl_one_lower() {
    forwards_each_packet_once $S4 $G4
}
test_exact_ipv6_route_forwards_each_packet_once_with_hop_limit_one_lower() {
    forwards_each_packet_once $S6 $G6
}

nothing_on_other_interfaces() {
    start_daemon
    client -a eth0 "$1" "$2" eth1
    watch r2
    watch r3
    watch sender
    streams_to r1 "$2" 10
    heard_nothing r2
    heard_nothing r3
    heard_nothing sender
}
test_ipv4_route_sends_nothing_to_other_interfaces_nor_back() { nothing_on_other_interfaces $S4 $G4; }
test_ipv6_route_sends_nothing_to_other_interfaces_nor_back() { nothing_on_other_interfaces $S6 $G6; }

multiplies() {
    start_daemon
    client -a eth0 "$1" "$2" eth1 eth2 eth3
    kernel_has "$1 $2 eth0 -> eth1 eth2 eth3"
    local host
    for host in r1 r2 r3; do
        listen $host "$2" -n 20
    done
    send "$2" -n 20
    for host in r1 r2 r3; do
        heard $host lost=0
    done
}
test_ipv4_route_multiplies_to_several_outbounds() { multiplies $S4 $G4; }
test_ipv6_route_multiplies_to_several_outbounds() { multiplies $S6 $G6; }

test_packets_with_ttl_1_are_not_forwarded() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1
    silent_at r1 $G4 -t 1
    silent_at r1 $G6 -t 1
    streams_to r1 $G4 3 -t 2
    streams_to r1 $G6 3 -t 2
}

test_packets_from_the_wrong_inbound_are_not_forwarded() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1
    watch r1
    in_ns r2 "$MCAST" send $G4 -i eth0 -n 5 --spoof $S4
    in_ns r2 "$MCAST" send $G6 -i eth0 -n 5 --spoof $S6
    heard_nothing r1
}

test_another_source_or_group_is_not_forwarded() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1
    silent_at r1 $G4 --spoof 10.0.0.77
    silent_at r1 $G6 --spoof fd00::77
    silent_at r1 225.1.2.4
    silent_at r1 ff0e::1:2:4
}

test_the_source_may_be_any_address() {
    start_daemon
    client -a eth0 192.168.1.42 $G4 eth1 -a eth0 2001:db8::42 $G6 eth1
    listen r1 $G4 $G6 -n 20
    send $G4 -n 10 --spoof 192.168.1.42
    send $G6 -n 10 --spoof 2001:db8::42
    heard r1 sources=192.168.1.42,2001:db8::42
}

test_big_packets_are_forwarded() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1
    streams_to r1 $G4 10 --size 1400
    streams_to r1 $G6 10 --size 1400
}

test_adding_an_existing_route_adds_its_outbounds() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    client -a eth0 $S4 $G4 eth2
    client -a eth0 $S6 $G6 eth1
    client -a eth0 $S6 $G6 eth1 eth3
    kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    kernel_has "$S6 $G6 eth0 -> eth1 eth3"
}

removes_outbounds() {
    start_daemon
    client -a eth0 "$1" "$2" eth1 eth2 eth3
    client -r eth0 "$1" "$2" eth2
    kernel_has "$1 $2 eth0 -> eth1 eth3"
    watch r2
    streams_to r1 "$2" 5
    heard_nothing r2
}
test_remove_with_outbounds_takes_away_only_those_for_ipv4() { removes_outbounds $S4 $G4; }
test_remove_with_outbounds_takes_away_only_those_for_ipv6() { removes_outbounds $S6 $G6; }

test_a_route_without_its_last_outbound_stays_and_forwards_nothing() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    client -r eth0 $S4 $G4 eth1
    kernel_has "$S4 $G4 eth0 ->"
    silent_at r1 $G4
    client -a eth0 $S4 $G4 eth2
    kernel_has "$S4 $G4 eth0 -> eth2"
}

test_remove_without_outbounds_removes_the_route() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 eth2 -a eth0 $S6 $G6 eth1 -a eth0 $S4 225.9.9.9 eth1
    client -r eth0 $S4 $G4
    client -r eth0 $S6 $G6
    same "what is left" "$(mroutes)" "$S4 225.9.9.9 eth0 -> eth1"
    silent_at r1 $G4
    silent_at r1 $G6
    streams_to r1 225.9.9.9 3
}

test_removing_what_is_not_there_is_an_error_that_changes_nothing() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1
    local before
    before=$(mroutes)
    refused 1 -r eth0 $S4 225.9.9.9
    grep -qF 225.9.9.9 err
    refused 1 -r eth1 $S4 $G4
    refused 1 -r eth0 10.0.0.9 $G4
    refused 1 -r eth0 $S4 $G4 eth2
    refused 1 -r eth0 $S6 ff0e::9
    refused 1 -r eth0 $G4
    same "the kernel's table" "$(mroutes)" "$before"
    streams_to r1 $G4 3
    streams_to r1 $G6 3
}

test_several_commands_in_one_call_all_take_effect() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1 eth2 -j eth0 $G4 -r eth0 $S6 $G6 eth2
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_has "$S6 $G6 eth0 -> eth1"
    joined eth0 $G4
}

test_after_a_failed_command_the_rest_of_the_call_still_runs() {
    start_daemon
    refused 1 -a eth0 $S4 $G4 eth1 -r eth0 $S4 225.9.9.9 -a eth0 $S6 $G6 eth1
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_has "$S6 $G6 eth0 -> eth1"
}

test_long_names_do_the_same() {
    start_daemon
    client --add eth0 $S4 $G4 eth1 --join eth0 $G4
    kernel_has "$S4 $G4 eth0 -> eth1"
    joined eth0 $G4
}

test_outbounds_that_do_not_exist_yet_do_not_hinder_the_others() {
    start_daemon
    client -a eth0 $S4 $G4 eth7 eth1
    kernel_has "$S4 $G4 eth0 -> eth1"
    streams_to r1 $G4 3
}

test_of_two_inbounds_for_one_stream_the_later_wins_with_a_warning() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    client -a eth3 $S4 $G4 eth2
    same "the kernel's table" "$(mroutes)" "$S4 $G4 eth3 -> eth2"
    poll_until grep -q '^<28>' $SYSLOG
}

test_inbound_as_outbound_loops_back_when_named_and_draws_a_warning() {
    start_daemon
    client -a eth0 $S4 $G4 eth0 eth1
    kernel_has "$S4 $G4 eth0 -> eth0 eth1"
    poll_until grep -q '^<28>.*eth0' $SYSLOG
    watch sender
    send $G4 -n 3
    heard_only sender received=3 ttl=15-15
}

test_proc_files_show_the_routes_and_interfaces() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1
    grep -Eq '^(030201E1|E1010203) +(0200000A|0A000002) ' /proc/net/ip_mr_cache
    grep -q '^ff0e:0000:0000:0000:0000:0001:0002:0003 *fd00:.*:0002 ' /proc/net/ip6_mr_cache
    grep -qw eth0 /proc/net/ip_mr_vif
    grep -qw eth1 /proc/net/ip6_mr_vif
}

run_claims
