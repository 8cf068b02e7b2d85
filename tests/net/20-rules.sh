#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Routes without a source: streams are learned as they come, their first packets included, and
# streams that nothing matches are blocked. The kernel keeps four packets of a new stream, so four
# sent at once must all arrive, however slow this machine is.

. "$(dirname "$0")/lib.sh"
network 3

test_rules_of_the_file_deliver_the_first_packets_of_new_streams() {
    config <<END
mroute from eth0 group $G4 to eth1 eth2
mroute from eth0 group $G6 to eth1
END
    start_daemon
    same "the table before any packet" "$(mroutes)" ""
    listen r2 $G4 -n 4
    streams_to r1 $G4 4 -t 9
    grep -qF "ttl=8-8" r1.heard
    heard r2 first=0 last=3
    streams_to r1 $G6 4
    kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    kernel_has "$S6 $G6 eth0 -> eth1"
    streams_to r1 $G4 100 -r 2000
    streams_to r1 $G6 100 -r 2000
}

added_without_source() {
    start_daemon
    client -a eth0 "${@:2}" eth1
    streams_to r1 "$1" 4
    watch r2
    streams_to r1 "$1" 20
    heard_nothing r2
}
test_add_without_source_makes_an_ipv4_rule() { added_without_source $G4 $G4; }
test_add_without_source_makes_an_ipv6_rule() { added_without_source $G6 $G6; }
test_source_0_0_0_0_means_any_source() { added_without_source $G4 0.0.0.0 $G4; }
test_source_double_colon_means_any_source() { added_without_source $G6 :: $G6; }
test_source_star_means_any_source() { added_without_source $G4 '*' $G4; }

test_every_source_of_a_rule_becomes_its_own_entry() {
    start_daemon
    client -a eth0 $G4 eth1 -a eth0 $G6 eth1
    listen r1 $G4 $G6 -n 8
    send $G4 -n 2 --spoof 192.168.1.42 --sources 2
    send $G6 -n 2 --spoof 2001:db8::7 --sources 2
    heard r1 lost=0
    same "the kernel's table" "$(mroutes | sort)" "192.168.1.42 $G4 eth0 -> eth1
192.168.1.43 $G4 eth0 -> eth1
2001:db8::7 $G6 eth0 -> eth1
2001:db8::8 $G6 eth0 -> eth1"
}

test_a_burst_of_200_new_sources_is_delivered_whole() {
    start_daemon
    client -a eth0 $G4 eth1 -a eth0 $G6 eth1
    listen r1 $G4 -n 200
    send $G4 --spoof 172.16.0.1 --sources 200
    heard r1 lost=0
    listen r1 $G6 -n 200
    send $G6 --spoof 2001:db8::1:1 --sources 200
    heard r1 lost=0
    same "number of entries" "$(mroutes | wc -l)" 400
}

unmatched_stream_is_blocked() {
    start_daemon
    send "$2"
    poll_until kernel_has "$1 $2 eth0 ->"
    watch r1
    watch r2
    send "$2" -n 5
    heard_nothing r1
    heard_nothing r2
    client -a eth0 "$2" eth1
    kernel_has "$1 $2 eth0 -> eth1"
    streams_to r1 "$2" 5
    client -r eth0 "$2"
    kernel_has "$1 $2 eth0 ->"
    silent_at r1 "$2"
}
test_unmatched_ipv4_stream_is_blocked_until_a_rule_comes_and_after_it_goes() {
    unmatched_stream_is_blocked $S4 $G4
}
test_unmatched_ipv6_stream_is_blocked_until_a_rule_comes_and_after_it_goes() {
    unmatched_stream_is_blocked $S6 $G6
}

test_blocking_entries_show_in_proc() {
    start_daemon
    send $G4
    send $G6
    poll_until kernel_has "$S4 $G4 eth0 ->"
    poll_until kernel_has "$S6 $G6 eth0 ->"
    grep -Eq '^(030201E1|E1010203) +(0200000A|0A000002) ' /proc/net/ip_mr_cache
    grep -q '^ff0e:0000:0000:0000:0000:0001:0002:0003 ' /proc/net/ip6_mr_cache
}

test_an_exact_route_takes_over_a_blocked_stream() {
    start_daemon
    send $G4
    send $G6
    poll_until kernel_has "$S4 $G4 eth0 ->"
    poll_until kernel_has "$S6 $G6 eth0 ->"
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_has "$S6 $G6 eth0 -> eth1"
}

test_a_rule_does_not_match_another_inbound() {
    start_daemon
    client -a eth0 $G4 eth1 -a eth0 $G6 eth1
    watch r1
    in_ns r2 "$MCAST" send $G4 -i eth0 -n 3
    in_ns r2 "$MCAST" send $G6 -i eth0 -n 3
    # Their entries wait where the rule would take them.
    poll_until kernel_has "10.0.2.2 $G4 eth0 -> eth1"
    poll_until kernel_has "fd00:2::2 $G6 eth0 -> eth1"
    heard_nothing r1
}

test_a_stream_gets_the_union_of_every_rule_and_route_that_matches() {
    start_daemon
    client -a eth0 $G4 eth1 -a eth0 $S4 $G4 eth2 -a eth0 $S6 $G6 eth2 -a eth0 $G6 eth3
    kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    kernel_has "$S6 $G6 eth0 -> eth2 eth3"
    listen r2 $G4 -n 4
    streams_to r1 $G4 4
    heard r2 lost=0
}

test_removing_a_rule_leaves_what_another_route_gives() {
    start_daemon
    client -a eth0 $G4 eth1 -a eth0 $S4 $G4 eth2
    client -r eth0 $G4
    kernel_has "$S4 $G4 eth0 -> eth2"
    client -a eth0 $G4 eth3
    client -r eth0 $S4 $G4
    streams_to r3 $G4 4
    kernel_has "$S4 $G4 eth0 -> eth3"
}

test_removing_an_outbound_of_a_rule_changes_its_learned_streams() {
    start_daemon
    client -a eth0 $G4 eth1 eth2
    streams_to r1 $G4 4
    client -r eth0 $G4 eth1
    kernel_has "$S4 $G4 eth0 -> eth2"
    silent_at r1 $G4
}

test_a_rule_never_sends_a_stream_back_to_its_inbound() {
    start_daemon
    client -a eth0 $G4 eth1 -a eth1 $G4 eth0 -a eth0 $G6 eth1 -a eth1 $G6 eth0
    watch sender
    streams_to r1 $G4 4
    streams_to r1 $G6 4
    heard_nothing sender
    listen sender $G4 -n 4
    in_ns r1 "$MCAST" send $G4 -i eth0 -n 4 -r 0
    heard sender sources=10.0.1.2
}

run_claims
