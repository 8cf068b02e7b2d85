#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Rules with prefixes of sources and groups, and `except`: which streams they take, what a stream
# gets that several of them match, and what happens to running streams when they come and go. Four
# packets of each new stream are sent, as many as the kernel keeps of it.

. "$(dirname "$0")/lib.sh"
network 3

# becomes LINE...: the kernel's table is, or is about to be, these entries.
becomes() {
    wanted=$(printf '%s\n' "$@" | sort)
    poll_until table_is_wanted
}
table_is_wanted() { [ "$(mroutes | sort)" = "$wanted" ]; }

# spoof GROUP SOURCE COUNT: four packets from each of so many sources, the first of them SOURCE.
spoof() {
    send "$1" -n 4 --spoof "$2" --sources "$3"
}

test_a_group_prefix_takes_the_groups_in_it_and_no_others() {
    config <<END
mroute from eth0 group 225.1.2.3/16 to eth1
mroute from eth0 group ff0e::1:2:3/96 to eth1
END
    start_daemon
    no_diagnostics
    watch r1
    local group
    for group in 225.0.255.255 225.1.0.0 225.1.255.255 225.2.0.0 \
        ff0e::ffff:ffff ff0e::1:0:0 ff0e::1:ffff:ffff ff0e::2:0:0; do
        send $group -n 4
    done
    becomes "$S4 225.0.255.255 eth0 ->" "$S4 225.1.0.0 eth0 -> eth1" \
        "$S4 225.1.255.255 eth0 -> eth1" "$S4 225.2.0.0 eth0 ->" \
        "$S6 ff0e::ffff:ffff eth0 ->" "$S6 ff0e::1:0:0 eth0 -> eth1" \
        "$S6 ff0e::1:ffff:ffff eth0 -> eth1" "$S6 ff0e::2:0:0 eth0 ->"
    heard_only r1 received=16 lost=0
}

test_a_source_prefix_takes_the_sources_in_it_and_no_others() {
    config <<END
mroute from eth0 source 192.168.4.0/23 group $G4 to eth1
mroute from eth0 source 2001:db8:4::/47 group $G6 to eth1
END
    start_daemon
    no_diagnostics
    watch r1
    spoof $G4 192.168.3.255 2
    spoof $G4 192.168.5.254 3
    spoof $G6 2001:db8:3:ffff:ffff:ffff:ffff:ffff 2
    spoof $G6 2001:db8:5:ffff:ffff:ffff:ffff:fffe 3
    becomes "192.168.3.255 $G4 eth0 ->" "192.168.4.0 $G4 eth0 -> eth1" \
        "192.168.5.254 $G4 eth0 -> eth1" "192.168.5.255 $G4 eth0 -> eth1" \
        "192.168.6.0 $G4 eth0 ->" \
        "2001:db8:3:ffff:ffff:ffff:ffff:ffff $G6 eth0 ->" "2001:db8:4:: $G6 eth0 -> eth1" \
        "2001:db8:5:ffff:ffff:ffff:ffff:fffe $G6 eth0 -> eth1" \
        "2001:db8:5:ffff:ffff:ffff:ffff:ffff $G6 eth0 -> eth1" "2001:db8:6:: $G6 eth0 ->"
    heard_only r1 received=24 lost=0
}

test_except_leaves_sources_out() {
    config <<END
mroute from eth0 source 192.168.0.0/16 except 192.168.4.0/24,192.168.5.1 group 225.1.0.0/16 to eth1
mroute from eth0 except 2001:db8::/64 group ff0e::/16 to eth1
END
    start_daemon
    no_diagnostics
    watch r1
    spoof $G4 192.168.3.255 2
    spoof $G4 192.168.5.0 3
    spoof $G6 2001:db8::1 1
    spoof $G6 2001:db8:0:1::1 1
    becomes "192.168.3.255 $G4 eth0 -> eth1" "192.168.4.0 $G4 eth0 ->" \
        "192.168.5.0 $G4 eth0 -> eth1" "192.168.5.1 $G4 eth0 ->" "192.168.5.2 $G4 eth0 -> eth1" \
        "2001:db8::1 $G6 eth0 ->" "2001:db8:0:1::1 $G6 eth0 -> eth1"
    heard_only r1 received=16 lost=0
}

test_what_one_rule_leaves_out_another_may_take() {
    config <<END
mroute from eth0 except 192.168.4.0/24 group $G4 to eth1
mroute from eth0 source 192.168.4.0/24 group $G4 to eth2
mroute from eth0 except 2001:db8::/64 group $G6 to eth1
mroute from eth0 source 2001:db8::/64 group $G6 to eth2
END
    start_daemon
    spoof $G4 192.168.3.255 2
    spoof $G6 2001:db8::1 1
    spoof $G6 2001:db8:0:1::1 1
    becomes "192.168.3.255 $G4 eth0 -> eth1" "192.168.4.0 $G4 eth0 -> eth2" \
        "2001:db8::1 $G6 eth0 -> eth2" "2001:db8:0:1::1 $G6 eth0 -> eth1"
}

test_the_client_adds_and_removes_rules_with_prefixes() {
    start_daemon
    client -a eth0 10.0.0.0/24 225.1.0.0/16 eth1 -a eth0 fd00::/64 ff0e::1:0:0/96 eth1
    streams_to r1 $G4 4
    streams_to r1 $G6 4
    client -a eth0 10.0.0.0/24 225.1.0.0/16 eth2 -a eth0 fd00::/64 ff0e::1:0:0/96 eth2
    becomes "$S4 $G4 eth0 -> eth1 eth2" "$S6 $G6 eth0 -> eth1 eth2"
    client -r eth0 10.0.0.0/24 225.1.0.0/16 eth1 -r eth0 fd00::/64 ff0e::1:0:0/96 eth1
    becomes "$S4 $G4 eth0 -> eth2" "$S6 $G6 eth0 -> eth2"
    streams_to r2 $G4 4
    streams_to r2 $G6 4
    client -r eth0 10.0.0.0/24 225.1.0.0/16 -r eth0 fd00::/64 ff0e::1:0:0/96
    becomes "$S4 $G4 eth0 ->" "$S6 $G6 eth0 ->"
    silent_at r2 $G4
    silent_at r2 $G6
}

test_removing_a_rule_that_is_not_there_changes_nothing() {
    start_daemon
    client -a eth0 10.0.0.0/24 225.1.0.0/16 eth1 -a eth0 fd00::/64 ff0e::1:0:0/96 eth1
    streams_to r1 $G4 4
    streams_to r1 $G6 4
    refused 1 -r eth0 10.0.0.0/24 225.1.0.0/17
    grep -qF 225.1.0.0/17 err
    refused 1 -r eth0 10.0.0.0/23 225.1.0.0/16
    refused 1 -r eth0 10.0.0.0/24 225.1.0.0/16 eth2
    grep -qw eth2 err
    refused 1 -r eth1 10.0.0.0/24 225.1.0.0/16
    refused 1 -r eth0 ff0e::1:0:0/96
    refused 1 -r eth0 $S4 $G4
    becomes "$S4 $G4 eth0 -> eth1" "$S6 $G6 eth0 -> eth1"
    streams_to r1 $G4 4
    same "packets counted" "$(packets_of $S4 $G4)" 8
}

test_a_wrong_prefix_is_refused_and_named() {
    start_daemon
    local word
    for word in 225.1.0.0/33 225.1.0.0/ 225.1.0.0/-1 225.1.0.0/x ff0e::/129; do
        refused 64 -a eth0 $word eth1
        grep -qF -- "$word" err
    done
    refused 64 -a eth0 10.0.0.0/33 $G4 eth1
    grep -qF 10.0.0.0/33 err
    refused 64 -a eth0 fd00::/64 $G4 eth1
}

test_a_stream_gets_the_union_over_everything_that_matches_and_loses_what_goes() {
    start_daemon
    send $G4 -n 4
    send $G6 -n 4
    becomes "$S4 $G4 eth0 ->" "$S6 $G6 eth0 ->"
    client -a eth0 225.0.0.0/8 eth1 -a eth0 ff0e::/16 eth1
    client -a eth0 10.0.0.0/16 224.0.0.0/4 eth2 -a eth0 fd00::/16 ff00::/8 eth2
    client -a eth0 $S4 $G4 eth3 -a eth0 $S6 $G6 eth3
    becomes "$S4 $G4 eth0 -> eth1 eth2 eth3" "$S6 $G6 eth0 -> eth1 eth2 eth3"
    local host
    for host in r1 r2 r3; do
        listen $host $G4 $G6 -n 8
    done
    send $G4 -n 4
    send $G6 -n 4
    for host in r1 r2 r3; do
        heard $host lost=0
    done
    client -r eth0 $S4 $G4 -r eth0 ff0e::/16
    becomes "$S4 $G4 eth0 -> eth1 eth2" "$S6 $G6 eth0 -> eth2 eth3"
    client -r eth0 225.0.0.0/8 -r eth0 $S6 $G6
    becomes "$S4 $G4 eth0 -> eth2" "$S6 $G6 eth0 -> eth2"
    client -r eth0 10.0.0.0/16 224.0.0.0/4 -r eth0 fd00::/16 ff00::/8
    becomes "$S4 $G4 eth0 ->" "$S6 $G6 eth0 ->"
}

test_an_outbound_that_two_rules_give_stays_until_both_are_gone() {
    start_daemon
    client -a eth0 225.0.0.0/8 eth1 -a eth0 225.1.0.0/16 eth1 eth2
    streams_to r1 $G4 4
    client -r eth0 225.0.0.0/8
    becomes "$S4 $G4 eth0 -> eth1 eth2"
    client -a eth0 225.0.0.0/8 eth1
    client -r eth0 225.1.0.0/16
    becomes "$S4 $G4 eth0 -> eth1"
    streams_to r1 $G4 4
    same "packets counted" "$(packets_of $S4 $G4)" 8
}

entries() {
    mroutes | grep -cE "$1"
}
entries_are() { [ "$(entries "$1")" = "$2" ]; }

test_a_rule_that_comes_later_turns_all_blocked_streams_it_matches_into_routes() {
    start_daemon
    spoof $G4 192.168.1.200 100
    spoof $G6 2001:db8::1 100
    poll_until entries_are ' eth0 ->$' 200
    client -a eth0 192.168.1.0/24 225.0.0.0/8 eth1
    same "blocked streams" "$(entries ' eth0 ->$')" 144
    same "routed streams" "$(entries '^192\.168\.1\..* eth0 -> eth1$')" 56
    client -a eth0 2001:db8::/64 ff00::/8 eth1 eth2
    same "blocked streams" "$(entries ' eth0 ->$')" 44
    same "routed IPv6 streams" "$(entries '^2001:.* eth0 -> eth1 eth2$')" 100
    listen r1 $G4 $G6 -n 624
    spoof $G4 192.168.1.200 56
    spoof $G6 2001:db8::1 100
    heard r1 lost=0
    client -r eth0 192.168.1.0/24 225.0.0.0/8 -r eth0 2001:db8::/64 ff00::/8
    same "blocked streams after the end of the rules" "$(entries ' eth0 ->$')" 200
    watch r1
    spoof $G4 192.168.1.200 100
    spoof $G6 2001:db8::1 100
    heard_nothing r1
}

test_rules_that_come_and_go_disturb_no_stream_that_another_rule_covers() {
    start_daemon
    client -a eth0 225.0.0.0/8 eth1 -a eth0 ff0e::/16 eth1
    local round
    # Learned before they run: of what comes meanwhile the kernel keeps a few packets only.
    streams_to r1 $G4 1
    streams_to r1 $G6 1
    listen r1 $G4 $G6
    stream sender $G4 -r 2000
    stream sender $G6 -r 2000
    for round in 1 2 3 4; do
        poll_until received_at_least r1 $((round * 1000))
        client -a eth0 10.0.0.0/24 225.1.0.0/16 eth1 eth2 -a eth0 fd00::/64 ff00::/8 eth1 eth2
        kernel_has "$S4 $G4 eth0 -> eth1 eth2"
        kernel_has "$S6 $G6 eth0 -> eth1 eth2"
        client -r eth0 10.0.0.0/24 225.1.0.0/16 -r eth0 fd00::/64 ff00::/8
        kernel_has "$S4 $G4 eth0 -> eth1"
        kernel_has "$S6 $G6 eth0 -> eth1"
    done
    end_streams
    heard_only r1 first=0 gaps=0 duplicated=0
    same "packets counted and received" \
        $(($(packets_of $S4 $G4) + $(packets_of $S6 $G6))) $(($(received r1) + 2))
}

run_claims
