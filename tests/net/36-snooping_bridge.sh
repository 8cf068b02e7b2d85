#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Multicast Router Discovery again: what a snooping bridge makes of it.

. "$(dirname "$0")/lib.sh"
network 1

in_switch() { in_ns switch "$@"; }

# A switch with the router's eth5 on port to_router and a camera on port to_camera, that knows which
# groups are wanted where: there is a querier, which the switch itself plays.
add_switch() {
    ip netns add switch 2>/dev/null || true
    in_switch ip link add br0 type bridge mcast_snooping 1 mcast_querier 1 \
        mcast_query_response_interval 10 2>/dev/null || skip "no bridges here"
    ip netns add camera 2>/dev/null || true
    ip link add eth5 type veth peer name to_router netns switch
    in_switch ip link add to_camera type veth peer name eth0 netns camera
    in_ns camera "$BASH" -c "$(declare -f tell_kernel calm_kernel); calm_kernel"
    in_ns switch "$BASH" -c "$(declare -f tell_kernel calm_kernel); calm_kernel"
    in_switch ip -batch - <<CONFIG
link set to_router master br0
link set to_camera master br0
link set br0 up
link set to_router up
link set to_camera up
CONFIG
    ip -batch - <<CONFIG
addr add 10.0.5.1/24 dev eth5
addr add fd00:5::1/64 dev eth5 nodad
link set eth5 up
CONFIG
    ip -n camera -batch - <<CONFIG
addr add 10.0.5.2/24 dev eth0
addr add fd00:5::2/64 dev eth0 nodad
link set eth0 up
CONFIG
    poll_until multicast_works router eth5
    poll_until multicast_works camera eth0
}

remove_switch() {
    ip link del eth5
    ip netns del switch
    ip netns del camera
}

router_ports() { in_switch bridge -d mdb show | sed -n 's/^.*router ports on br0: //p' | xargs; }
to_router_is_router_port() { [ "$(router_ports)" = to_router ]; }

# The camera's packets reach the router.
camera_reaches() {
    in_ns camera "$MCAST" send "$1" -i eth0 -r 0
    [ "$(packets_of "$2" "$1")" -gt 0 ]
}

# True once the switch keeps the groups that nobody wants from the router.
switch_holds_back() {
    local before
    before=$(awk '$1 == "eth5:" { print $2 }' /proc/net/dev)
    in_ns camera "$MCAST" send 225.9.9.9 -i eth0 -r 0 --size 1000
    in_ns camera "$MCAST" send ff0e::9:9:9 -i eth0 -r 0 --size 1000
    sleep 0.1
    [ $(($(awk '$1 == "eth5:" { print $2 }' /proc/net/dev) - before)) -lt 1000 ]
}

test_a_snooping_bridge_sends_all_multicast_to_a_router_that_announces_itself() {
    add_switch
    start_daemon
    client -a eth5 10.0.5.2 $G4 eth1 -a eth5 fd00:5::2 $G6 eth1
    poll_until switch_holds_back
    same "router ports" "$(router_ports)" ""
    watch r1
    in_ns camera "$MCAST" send $G4 -i eth0 -n 3
    in_ns camera "$MCAST" send $G6 -i eth0 -n 3
    heard_nothing r1
    config <<CONFIG
phyint eth5 mrdisc
mroute from eth5 source 10.0.5.2 group $G4 to eth1
mroute from eth5 source fd00:5::2 group $G6 to eth1
CONFIG
    client --reload
    poll_until to_router_is_router_port
    poll_until camera_reaches $G4 10.0.5.2
    poll_until camera_reaches $G6 fd00:5::2
    listen r1 $G4 $G6 -n 40
    in_ns camera "$MCAST" send $G4 -i eth0 -n 20
    in_ns camera "$MCAST" send $G6 -i eth0 -n 20
    heard r1 lost=0
    remove_switch
}

run_claims
