#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Two routers on the same two networks, each with a rule for either direction, so that each sees
# what the other forwards: a packet arrives at each of them twice, once from either side. However
# slow a sender is, each router forwards each packet, and a stream that changes its side flows
# again soon.

. "$(dirname "$0")/lib.sh"

# A source to which the unicast routes lead by neither of the two networks.
V4=192.168.7.7
V6=2001:db8::7

# The second router, "peer", is the host 3 of both networks, which are bridges in "wire" for this.
# Either router has a default route by another interface.
add_link() {
    local k=$1 router
    ip -n wire link del "net$k" 2>/dev/null || true
    ip -n wire link add "net$k" type bridge mcast_snooping 0
    ip -n wire link set "net$k" up
    plug router "eth$k" "$k" 1
    plug peer "eth$k" "$k" 3
    plug "$(host_of "eth$k")" eth0 "$k" 2
    for router in router peer; do
        in_ns $router ip link add up0 type veth peer name up1 2>/dev/null || true
        in_ns $router ip link set up1 up
        in_ns $router ip link set up0 up
        in_ns $router ip route replace default dev up0
        in_ns $router ip -6 route replace default dev up0
    done
}

# plug NAMESPACE INTERFACE K HOST: a cable to network K, with the address HOST there.
plug() {
    local end=$1- pid=$$
    [ "$1" = router ] || pid=/run/netns/$1
    ip -n wire link del "$end$3" 2>/dev/null || true
    ip -n wire link add "$end$3" type veth peer name "$2" netns "$pid"
    ip -n wire link set "$end$3" master "net$3" up
    in_ns "$1" ip -batch - <<END
addr add 10.0.$3.$4/24 dev $2
addr add fd00:$3::$4/64 dev $2 nodad
link set $2 up
END
}

for name in wire peer; do
    ip netns add $name
done
nsenter --net=/run/netns/peer "$BASH" -c "$(declare -f tell_kernel calm_kernel); calm_kernel"
network 1
poll_until multicast_works peer eth0
poll_until multicast_works peer eth1

both() { "$@" && in_ns peer "$@"; }

# filter_reverse_paths ROUTER RP_FILTER
filter_reverse_paths() {
    local name
    for name in all eth0 eth1; do
        in_ns "$1" "$BASH" -c "echo $2 >/proc/sys/net/ipv4/conf/$name/rp_filter"
    done
}

PEER=(-i peer)
start_routers() {
    start_daemon -c 0
    in_ns peer "$PEST" keep peer.ended "${wrap[@]}" "$SMCROUTE" -d -i peer -c 0 </dev/null 2>peer.err
    local command=(-a eth0 239.255.0.0/16 eth1 -a eth1 239.255.0.0/16 eth0
        -a eth0 ff0e::/16 eth1 -a eth1 ff0e::/16 eth0)
    client "${command[@]}"
    in_ns peer "$SMCROUTE" "${PEER[@]}" "${command[@]}"
}

stop_peer() {
    local pid
    pid=$(cat /run/peer.pid)
    in_ns peer "$SMCROUTE" "${PEER[@]}" -k
    poll_until grep -qx "$pid exit 0" peer.ended
}

# mroutes_of ROUTER: as mroutes.
mroutes_of() { in_ns "$1" "$BASH" -c "$(declare -f mroutes); mroutes"; }
# inbound ROUTER GROUP INTERFACE: the one entry of the group has it.
inbound() { mroutes_of "$1" | grep -qE "^[^ ]+ $2 $3 ->"; }

# accepted ROUTER GROUP: how many packets of the group came in by the inbound of its entry, and so
# were forwarded: those that came by another interface, copies, count in "wrong iif".
accepted() { counters "$@" | awk '{
    for (i = 2; i <= NF; ++i) if ($i == "arrived") wrong = $(i - 1)
    print $1 - wrong
}'; }
all_packets() { counters "$@" | awk '{ print $1 }'; }
counters() {
    local family=-4
    case $2 in *:*) family=-6 ;; esac
    in_ns "$1" ip -s $family mroute show | grep -F -A1 ",$2)" | grep ' packets, '
}

# Groups for three paces, of either family, at the same time: from the sender's own address, whose
# side the unicast routes tell, and from one of which they tell nothing.
paces=(0.5 2.5 5)
groups_of() { echo 239.255.1.$1 ff0e::1:$1 239.255.2.$1 ff0e::2:$1; }
send_at_each_pace() {
    local i group spoof rate
    for i in 0 1 2; do
        rate=$(awk -v pause="${paces[i]}" 'BEGIN { print 1 / pause }')
        for group in $(groups_of $i); do
            case $group in
                239.255.2.*) spoof=(--spoof "$V4") ;;
                ff0e::2:*) spoof=(--spoof "$V6") ;;
                *) spoof=() ;;
            esac
            send "$group" -n 20 -r "$rate" "${spoof[@]}" &
        done
    done
}

# One router takes what comes from anywhere, the other (rp_filter 2) what comes from where some
# route leads.
test_of_20_packets_at_half_a_second_2_and_a_half_and_5_seconds_each_router_forwards_each() {
    filter_reverse_paths router 0
    filter_reverse_paths peer 2
    start_routers
    # Two seconds without a packet are a silence where two in a second come.
    paced 900
    prompt 900 "$(worker)" "$(DAEMON=$(cat /run/peer.pid) worker)"
    send_at_each_pace
    sleep 96
    local router i group
    for i in 0 1 2; do
        for group in $(groups_of $i); do
            poll_until counted router "$group"
            poll_until counted peer "$group"
            echo "# ${paces[i]} s between, $group: router $(accepted router "$group") of 20," \
                "peer $(accepted peer "$group")"
            same "packets of $group from the router" "$(accepted router "$group")" 20
            same "packets of $group from the peer" "$(accepted peer "$group")" 20
        done
    done
    not grep -q ' moved from ' "$(the_log)"
    stop_peer
}
# Each packet came twice, itself and the other router's copy.
counted() { [ "$(all_packets "$1" "$2")" -ge 40 ]; }

test_a_router_that_saw_the_copy_first_takes_the_side_of_the_source_with_the_next_packet() {
    start_routers
    ip -n wire link set peer-0 nomaster
    send 239.255.1.9
    send ff0e::9
    poll_until inbound peer 239.255.1.9 eth1
    poll_until inbound peer ff0e::9 eth1
    ip -n wire link set peer-0 master net0
    send 239.255.1.9
    send ff0e::9
    poll_until inbound peer 239.255.1.9 eth0
    poll_until inbound peer ff0e::9 eth0
    inbound router 239.255.1.9 eth0
    inbound router ff0e::9 eth0
    stop_peer
}

# The source goes from one network to the other, and the unicast routes to it with it.
test_both_routers_follow_the_unicast_route_to_a_source_at_once() {
    start_routers
    both ip route replace $V4 dev eth0
    both ip -6 route replace $V6 dev eth0
    send 239.255.1.8 --spoof $V4
    send ff0e::8 --spoof $V6
    local router group
    for router in router peer; do
        poll_until inbound $router 239.255.1.8 eth0
        poll_until inbound $router ff0e::8 eth0
    done
    both ip route replace $V4 dev eth1
    both ip -6 route replace $V6 dev eth1
    # The kernel may have reported the other router's copy in the last three seconds.
    stream r1 239.255.1.8 -r 10 --spoof $V4
    stream r1 ff0e::8 -r 10 --spoof $V6
    for router in router peer; do
        for group in 239.255.1.8 ff0e::8; do
            poll_until inbound $router $group eth1
        done
    done
    end_streams
    stop_peer
}

run_claims
