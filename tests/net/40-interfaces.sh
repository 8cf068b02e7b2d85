#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Which interfaces get a slot in the kernel's table, thresholds, and interfaces that come and go.

. "$(dirname "$0")/lib.sh"
network 2

test_every_multicast_interface_gets_a_slot_but_not_the_loopback() {
    start_daemon
    has_vif eth0
    has_vif eth1
    has_vif eth2
    lacks_vif lo
}

test_an_interface_without_the_multicast_flag_gets_no_slot() {
    ip link add mute0 type veth peer name mute1
    ip link set mute0 multicast off up
    start_daemon
    lacks_vif mute0
    has_vif eth0
    ip link del mute0
}

test_with_N_no_interface_gets_a_slot() {
    start_daemon -N
    same "IPv4 slots" "$(vifs 4)" ""
    same "IPv6 slots" "$(vifs 6)" ""
}

test_with_N_only_named_interfaces_get_a_slot() {
    config <<END
phyint eth2 enable
mroute from eth0 source $S4 group $G4 to eth1
END
    ip link add spare0 type veth peer name spare1
    start_daemon -N
    has_vif4 eth0
    has_vif4 eth1
    has_vif eth2
    lacks_vif spare0
    lacks_vif spare1
    streams_to r1 $G4 5
    ip link del spare0
}

test_with_N_a_route_of_the_client_enables_its_interfaces() {
    start_daemon -N
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1
    has_vif eth0
    has_vif eth1
    lacks_vif eth2
    streams_to r1 $G4 5
    streams_to r1 $G6 5
}

test_phyint_disable_keeps_an_interface_out_even_of_routes() {
    config <<END
phyint eth2 disable
mroute from eth0 source $S4 group $G4 to eth1 eth2
mroute from eth0 source $S6 group $G6 to eth1 eth2
END
    start_daemon
    lacks_vif eth2
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_has "$S6 $G6 eth0 -> eth1"
    watch r2
    streams_to r1 $G4 5
    streams_to r1 $G6 5
    heard_nothing r2
}

test_ttl_threshold_holds_back_packets_that_do_not_exceed_it() {
    config <<END
phyint eth1 ttl-threshold 5
mroute from eth0 source $S4 group $G4 to eth1 eth2
mroute from eth0 group 225.5.5.5 to eth1 eth2
END
    start_daemon
    watch r1
    listen r2 $G4 225.5.5.5 -n 8
    send $G4 -n 4 -t 5
    send 225.5.5.5 -n 4 -t 5
    heard r2 ttl=4-4
    heard_nothing r1
    listen r1 $G4 225.5.5.5 -n 8
    send $G4 -n 4 -t 6
    send 225.5.5.5 -n 4 -t 6
    heard r1 ttl=5-5
}

test_slots_are_given_in_the_order_of_the_phyint_lines() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
phyint eth2 enable
phyint eth1 enable
END
    start_daemon
    same "IPv4 slots" "$(vifs 4 | head -n 3 | xargs)" "eth2 eth1 eth0"
    same "IPv6 slots" "$(vifs 6 | head -n 3 | xargs)" "eth2 eth1 eth0"
}

more_than_32_interfaces() {
    local k
    for ((k = 0; k < 20; ++k)); do
        echo "link add many$k type veth peer name peer$k"
    done | ip -batch -
}

test_of_more_than_32_interfaces_the_named_ones_come_first_and_the_rest_is_reported_by_name() {
    more_than_32_interfaces
    config <<END
phyint peer19 enable
mroute from eth0 source $S4 group $G4 to many19 eth1
mroute from peer18 group $G6 to many18 eth1
END
    # Where ip_gre is loaded every namespace has gretap0 and erspan0.
    ip -br link | awk '{ sub(/@.*/, "", $1); print $1 }' |
        sed '/^\(lo\|eth[0-9]\|many.*\|peer.*\)$/d; s/.*/phyint & disable/' >>/etc/smcroute.conf
    start_daemon
    same "number of IPv4 slots" "$(vifs 4 | wc -l)" 32
    same "number of IPv6 slots" "$(vifs 6 | wc -l)" 32
    local name left_out=0
    for name in eth0 eth1 many19 peer19; do
        has_vif4 $name
    done
    for name in eth1 many18 peer18 peer19; do
        has_vif6 $name
    done
    poll_until grep -q 'IPv6.*32' $SYSLOG
    for name in many{0..19} peer{0..19} eth{0..2}; do
        if ! has_vif4 $name; then
            left_out=$((left_out + 1))
            grep 'IPv4.*32' "$(the_log)" | grep -qw $name
        fi
        if ! has_vif6 $name; then
            left_out=$((left_out + 1))
            grep 'IPv6.*32' "$(the_log)" | grep -qw $name
        fi
    done
    same "number of interfaces left out in both families" $left_out 22
    streams_to r1 $G4 5
    local k
    for ((k = 0; k < 20; ++k)); do
        echo "link del many$k"
    done | ip -batch -
}

comes_later() {
    ip link del eth2
    start_daemon "$@"
    kernel_has "$S4 $G4 eth0 -> eth1"
    add_link 2
    poll_until kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    poll_until kernel_has "$S6 $G6 eth0 -> eth1 eth2"
    poll_until multicast_works r2 eth0
    streams_to r2 $G4 5
    streams_to r2 $G6 5
    streams_to r2 225.6.6.6 4
}
routes_to_eth2() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1 eth2
mroute from eth0 source $S6 group $G6 to eth1 eth2
mroute from eth0 group 225.6.6.6 to eth2
END
}
test_an_outbound_that_appears_after_the_start_carries_its_configured_streams() {
    routes_to_eth2
    comes_later
}
test_an_outbound_that_appears_after_the_start_does_so_with_N_too() {
    routes_to_eth2
    comes_later -N
}

test_an_inbound_that_appears_after_the_start_carries_its_configured_streams() {
    ip link del eth0
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 group $G6 to eth1
END
    start_daemon
    same "the table before" "$(mroutes)" ""
    add_link 0
    poll_until kernel_has "$S4 $G4 eth0 -> eth1"
    poll_until has_vif eth0
    poll_until multicast_works sender eth0
    streams_to r1 $G4 5
    streams_to r1 $G6 4
}

test_streams_resume_when_their_outbound_is_deleted_and_made_again() {
    routes_to_eth2
    start_daemon
    streams_to r2 $G4 5
    streams_to r2 225.6.6.6 4
    local round
    for round in 1 2 3; do
        ip link del eth2
        streams_to r1 $G4 5
        add_link 2
        poll_until has_vif eth2
        poll_until kernel_has "$S4 $G4 eth0 -> eth1 eth2"
        poll_until kernel_has "$S4 225.6.6.6 eth0 -> eth2"
        poll_until multicast_works r2 eth0
        streams_to r2 $G4 5
        streams_to r2 $G6 5
        streams_to r2 225.6.6.6 $round
    done
}

test_streams_resume_when_their_inbound_is_deleted_and_made_again() {
    routes_to_eth2
    start_daemon
    streams_to r2 $G4 5
    ip link del eth0
    add_link 0
    poll_until has_vif eth0
    poll_until kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    poll_until multicast_works sender eth0
    streams_to r2 $G4 5
    streams_to r2 $G6 5
    streams_to r2 225.6.6.6 4
}

test_streams_resume_after_down_and_up() {
    routes_to_eth2
    start_daemon
    ip link set eth2 down
    ip link set eth2 up
    poll_until has_vif eth2
    poll_until multicast_works r2 eth0
    streams_to r2 $G4 5
}

test_a_new_name_of_an_interface_counts() {
    config <<END
mroute from eth0 source $S4 group $G4 to wan eth1
END
    start_daemon
    kernel_has "$S4 $G4 eth0 -> eth1"
    ip link set eth2 down
    ip link set eth2 name wan
    ip link set wan up
    poll_until has_vif wan
    poll_until kernel_has "$S4 $G4 eth0 -> eth1 wan"
    ip link set wan down
    ip link set wan name eth2
    ip link set eth2 up
    poll_until kernel_has "$S4 $G4 eth0 -> eth1"
    poll_until multicast_works r2 eth0
}

run_claims
