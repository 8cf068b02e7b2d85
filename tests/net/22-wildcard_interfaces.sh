#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# "eth+": every interface whose name begins so, those that come later included, as inbound, as
# outbound, in joins and in phyint lines.

. "$(dirname "$0")/lib.sh"
network 3

test_an_outbound_wildcard_is_every_such_interface_but_the_inbound() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth+
mroute from eth0 source $S6 group $G6 to eth+
mroute from eth0 group 225.5.5.5 to eth+
mroute from eth0 group ff0e::5 to eth+
END
    ip link add other0 type veth peer name other1
    start_daemon
    no_diagnostics
    watch sender
    local host group
    for host in r1 r2 r3; do
        listen $host $G4 $G6 225.5.5.5 ff0e::5 -n 16
    done
    for group in $G4 $G6 225.5.5.5 ff0e::5; do
        send $group -n 4
    done
    for host in r1 r2 r3; do
        heard $host lost=0
    done
    heard_nothing sender
    same "the kernel's table" "$(mroutes | sort)" "$S4 225.1.2.3 eth0 -> eth1 eth2 eth3
$S4 225.5.5.5 eth0 -> eth1 eth2 eth3
$S6 ff0e::1:2:3 eth0 -> eth1 eth2 eth3
$S6 ff0e::5 eth0 -> eth1 eth2 eth3"
    ip link del other0
}

test_an_inbound_wildcard_takes_streams_from_every_such_interface() {
    config <<END
mroute from eth+ group $G4 to eth3
mroute from eth+ group $G6 to eth3
END
    start_daemon
    no_diagnostics
    listen r3 $G4 $G6 -n 16
    local group
    for group in $G4 $G6; do
        send $group -n 4
        in_ns r1 "$MCAST" send $group -i eth0 -n 4 -r 0
    done
    heard r3 lost=0
    kernel_has "$S4 $G4 eth0 -> eth3"
    kernel_has "10.0.1.2 $G4 eth1 -> eth3"
    kernel_has "$S6 $G6 eth0 -> eth3"
    kernel_has "fd00:1::2 $G6 eth1 -> eth3"
}

test_a_stream_never_goes_back_to_where_it_came_from_though_both_wildcards_match() {
    start_daemon
    client -a eth+ $G4 eth+ -a eth+ $G6 eth+
    watch sender
    watch r2
    local group
    for group in $G4 $G6; do
        send $group -n 4
        in_ns r2 "$MCAST" send $group -i eth0 -n 4 -r 0
    done
    poll_until kernel_has "$S4 $G4 eth0 -> eth1 eth2 eth3"
    poll_until kernel_has "10.0.2.2 $G4 eth2 -> eth0 eth1 eth3"
    poll_until kernel_has "$S6 $G6 eth0 -> eth1 eth2 eth3"
    poll_until kernel_has "fd00:2::2 $G6 eth2 -> eth0 eth1 eth3"
    heard_only sender received=8 sources=10.0.2.2,fd00:2::2
    heard_only r2 received=8 sources=10.0.0.2,fd00::2
}

test_the_client_removes_just_the_wildcard() {
    start_daemon
    client -a eth0 $G4 eth+ eth1 -a eth0 $G6 eth1 eth+
    streams_to r3 $G4 4
    streams_to r3 $G6 4
    refused 1 -r eth0 $G4 eth3
    client -r eth0 $G4 eth+ -r eth0 $G6 eth+
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_has "$S6 $G6 eth0 -> eth1"
    silent_at r3 $G4
}

test_a_learned_stream_gets_an_outbound_that_appears_later() {
    ip link del eth3
    config <<END
mroute from eth0 group $G4 to eth+
mroute from eth0 source $S6 group $G6 to eth+
END
    start_daemon
    no_diagnostics
    streams_to r1 $G4 4
    kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    kernel_has "$S6 $G6 eth0 -> eth1 eth2"
    add_link 3
    poll_until kernel_has "$S4 $G4 eth0 -> eth1 eth2 eth3"
    poll_until kernel_has "$S6 $G6 eth0 -> eth1 eth2 eth3"
    watch r3
    send $G4 -n 4
    send $G6 -n 4
    heard_only r3 received=8 lost=0
    poll_until multicast_works r3 eth0
}

test_an_inbound_that_appears_later_is_taken_in() {
    ip link del eth3
    start_daemon
    client -a eth+ $G4 eth1 -a eth+ $G6 eth1
    add_link 3
    poll_until has_vif eth3
    poll_until multicast_works r3 eth0
    listen r1 $G4 $G6 -n 8
    in_ns r3 "$MCAST" send $G4 -i eth0 -n 4 -r 0
    in_ns r3 "$MCAST" send $G6 -i eth0 -n 4 -r 0
    heard r1 lost=0
    kernel_has "10.0.3.2 $G4 eth3 -> eth1"
    kernel_has "fd00:3::2 $G6 eth3 -> eth1"
}

test_a_new_name_that_matches_counts_and_one_that_does_not_no_more() {
    ip link add port0 type veth peer name other0
    start_daemon
    client -a eth0 $S4 $G4 port+ -a eth0 $S6 $G6 port+ -j port+ $G4
    kernel_has "$S4 $G4 eth0 -> port0"
    joined port0 $G4
    ip link set port0 name spare0
    poll_until kernel_has "$S4 $G4 eth0 ->"
    poll_until kernel_has "$S6 $G6 eth0 ->"
    poll_until unjoined spare0 $G4
    ip link set other0 name port7
    poll_until kernel_has "$S4 $G4 eth0 -> port7"
    poll_until kernel_has "$S6 $G6 eth0 -> port7"
    poll_until joined port7 $G4
    ip link del port7
    poll_until kernel_has "$S4 $G4 eth0 ->"
}

test_a_join_wildcard_joins_on_every_such_interface_now_and_later() {
    ip link del eth3
    ip link add other0 type veth peer name other1
    config <<END
mgroup from eth+ group $G4
mgroup from eth+ source 2001:db8::1 group ff3e::4321:1234
END
    start_daemon
    no_diagnostics
    local name
    for name in eth0 eth1 eth2; do
        joined $name $G4
        joined $name ff3e::4321:1234
    done
    add_link 3
    poll_until joined eth3 $G4
    poll_until joined eth3 ff3e::4321:1234
    client -j eth+ $G6
    joined eth3 $G6
    not joined other0 $G4
    not joined other0 $G6
    client -l eth+ $G4 -l eth+ $G6
    for name in eth0 eth1 eth2 eth3; do
        not joined $name $G4
        not joined $name $G6
    done
    refused 1 -l eth3 $G6
    ip link del other0
    poll_until multicast_works r3 eth0
}

test_a_phyint_wildcard_disables_every_such_interface_now_and_later() {
    config <<END
phyint port+ disable
mroute from eth0 source $S4 group $G4 to eth1 port0
END
    ip link add port0 type veth peer name port1
    start_daemon
    has_vif eth2
    lacks_vif port0
    lacks_vif port1
    kernel_has "$S4 $G4 eth0 -> eth1"
    ip link add port2 type veth peer name zz0
    poll_until has_vif zz0
    lacks_vif port2
    ip link del port0
    ip link del port2
}

test_with_N_a_phyint_wildcard_enables_every_such_interface_now_and_later() {
    echo "phyint port+ enable" | config
    ip link add port0 type veth peer name other0
    start_daemon -N
    has_vif port0
    lacks_vif other0
    lacks_vif eth0
    ip link add port2 type veth peer name other2
    poll_until has_vif port2
    lacks_vif other2
    ip link del port0
    ip link del port2
}

test_a_threshold_of_a_wildcard_holds_for_all_and_the_line_of_one_interface_wins() {
    config <<END
phyint eth+ ttl-threshold 5
phyint eth2 ttl-threshold 9
mroute from eth0 source $S4 group $G4 to eth+
END
    start_daemon
    watch r1
    watch r2
    send $G4 -n 3 -t 5
    send $G4 -n 3 -t 6
    send $G4 -n 3 -t 10
    heard_only r1 received=6 ttl=5-9
    heard_only r2 received=3 ttl=9-9
}

run_claims
