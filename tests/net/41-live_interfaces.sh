#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Interfaces that come, go, and change under traffic: how soon streams flow, that they resume with
# their joins, and that no packet ever leaves by another interface that was given a free place.

. "$(dirname "$0")/lib.sh"
network 3

# Packets that the kernel's routing has sent by an interface, or taken in from it, in both families.
routed_out_of() { count_of_vif "$1" 6; }
routed_in_from() { count_of_vif "$1" 4; }
count_of_vif() {
    cat /proc/net/ip_mr_vif /proc/net/ip6_mr_vif |
        awk -v name="$1" -v column="$2" '$2 == name { sum += $column } END { print sum + 0 }'
}

test_a_new_outbound_is_in_its_routes_at_once() {
    ip link del eth3
    config <<END
mroute from eth0 source $S4 group $G4 to eth1 eth3
mroute from eth0 source $S6 group $G6 to eth1 eth3
END
    start_daemon
    follow
    local since=$EPOCHREALTIME
    ip link add eth3 type veth peer name eth0 netns r3
    echo "# from before the creation of an outbound to its routes:" \
        "IPv4 $(milliseconds_until "$since" "\($S4,$G4\).*Oifs: eth1 eth3") ms," \
        "IPv6 $(milliseconds_until "$since" "\($S6,$G6\).*Oifs: eth1 eth3") ms"
    end_following
    ip link del eth3
    add_link 3
}

test_a_new_inbound_is_taken_in_at_once() {
    ip link del eth3
    config <<END
mroute from eth3 source 10.0.3.2 group $G4 to eth1
mroute from eth3 source fd00:3::2 group $G6 to eth1
END
    start_daemon
    same "the table before" "$(mroutes)" ""
    follow
    local since=$EPOCHREALTIME
    ip link add eth3 type veth peer name eth0 netns r3
    echo "# from before the creation of an inbound to its routes:" \
        "IPv4 $(milliseconds_until "$since" "\(10.0.3.2,$G4\).*Iif: eth3 .*Oifs: eth1") ms," \
        "IPv6 $(milliseconds_until "$since" "\(fd00:3::2,$G6\).*Iif: eth3 .*Oifs: eth1") ms"
    end_following
    ip link del eth3
    add_link 3
}

test_a_running_stream_reaches_a_new_outbound() {
    ip link del eth3
    config <<END
mroute from eth0 source $S4 group $G4 to eth1 eth3
mroute from eth0 group $G6 to eth3
END
    start_daemon
    stream sender $G4 -r 500
    stream sender $G6 -r 500
    poll_until kernel_has "$S6 $G6 eth0 ->"
    local since=$EPOCHREALTIME
    add_link 3
    watch r3
    poll_until received_at_least r3 1
    echo "# from before the creation of an outbound to running streams on its wire:" \
        "$(milliseconds_since "$since") ms, the making of the test's host included"
    poll_until grep -qF "sources=$S4,$S6" r3.live
    end_streams
    heard_only r3 gaps=0
    poll_until multicast_works r3 eth0
}

# What eth2 carries in the claims about deletion.
eth2_is_used() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1 eth2
mroute from eth0 source $S6 group $G6 to eth1 eth2
mroute from eth0 group 225.6.6.6 to eth2
mroute from eth0 group ff0e::6 to eth2
mgroup from eth2 group $G4
mgroup from eth2 group $G6
mgroup from eth2 source 10.9.9.9 group 232.9.9.9
mgroup from eth2 source fd00:9::9 group ff3e::9
END
}
joined_on_eth2() {
    joined eth2 $G4 && joined eth2 $G6 && joined eth2 232.9.9.9 && joined eth2 ff3e::9
}

# Another interface takes eth2's place for a moment, under a name that was never there before.
intruder_gets_nothing() {
    ip link add "new$1" type veth peer name eth0 netns r3
    ip -n r3 link set eth0 up
    ip link set "new$1" up
    poll_until has_vif "new$1"
    watch r3
    local before
    before=$(received r1)
    poll_until received_at_least r1 $((before + 50))
    same "packets sent by new$1" "$(routed_out_of "new$1")" 0
    hears r3 received=0
    ip link del "new$1"
    poll_until lacks_vif "new$1"
}

test_ten_deletions_of_an_outbound_under_traffic_and_no_packet_by_a_wrong_interface() {
    local round group
    ip link del eth3
    eth2_is_used
    start_daemon
    listen r1 $G4 $G6
    for group in $G4 $G6 225.6.6.6 ff0e::6; do
        stream sender $group -r 300
    done
    poll_until kernel_has "$S4 225.6.6.6 eth0 -> eth2"
    poll_until kernel_has "$S6 ff0e::6 eth0 -> eth2"
    for round in {1..10}; do
        ip link del eth2
        intruder_gets_nothing $round
        add_link 2
        poll_until has_vif eth2
        poll_until joined_on_eth2
        watch r2
        poll_until received_at_least r2 60
        end_of_listening r2
        heard r2 duplicated=0 gaps=0 sources=$S4,$S6
    done
    end_streams
    heard_only r1 first=0 gaps=0 duplicated=0
    local entry
    for entry in "$S4 $G4 eth0 -> eth1 eth2" "$S6 $G6 eth0 -> eth1 eth2" \
        "$S4 225.6.6.6 eth0 -> eth2" "$S6 ff0e::6 eth0 -> eth2"; do
        kernel_has "$entry"
    done
    add_link 3
    await_links
}

test_ten_deletions_of_an_inbound_and_no_packet_from_a_wrong_interface() {
    local round
    ip link del eth3
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 group $G6 to eth1
mgroup from eth0 group $G4
mgroup from eth0 group $G6
END
    start_daemon
    streams_to r1 $G4 4
    streams_to r1 $G6 4
    for round in {1..10}; do
        ip link del eth0
        ip link add "new$round" type veth peer name eth0 netns r3
        ip -n r3 link set eth0 up
        ip link set "new$round" up
        poll_until has_vif "new$round"
        watch r1
        in_ns r3 "$MCAST" send $G4 -i eth0 -n 20 -r 0 --spoof $S4
        in_ns r3 "$MCAST" send $G6 -i eth0 -n 20 -r 0 --spoof $S6
        heard_nothing r1
        ip link del "new$round"
        add_link 0
        poll_until has_vif eth0
        poll_until joined eth0 $G4
        poll_until joined eth0 $G6
        listen r1 $G4 $G6 -n 8
        send $G4 -n 4 --spoof $S4
        send $G6 -n 4 --spoof $S6
        heard r1 lost=0
    done
    add_link 3
    await_links
}

test_an_inbound_that_goes_and_comes_under_the_stream_of_another_disturbs_nobody() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 source $S6 group $G6 to eth1
mroute from eth2 group 225.6.6.6 to eth1 eth3
END
    start_daemon
    listen r1 $G4 $G6
    stream sender $G4 -r 500
    stream sender $G6 -r 500
    poll_until received_at_least r1 10
    local round
    for round in 1 2 3; do
        ip link del eth2
        add_link 2
        poll_until has_vif eth2
    done
    end_streams
    heard_only r1 first=0 gaps=0 duplicated=0
    await_links
}

# swap_names A B: both are down meanwhile.
swap_names() {
    ip link set "$1" down
    ip link set "$2" down
    ip link set "$1" name swapped
    ip link set "$2" name "$1"
    ip link set swapped name "$2"
    ip link set "$1" up
    ip link set "$2" up
}

test_when_two_interfaces_swap_their_names_streams_and_joins_follow_the_name() {
    eth2_is_used
    start_daemon
    joined_on_eth2
    swap_names eth2 eth3
    poll_until joined_on_eth2
    poll_until unjoined eth3 $G4
    poll_until kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    poll_until kernel_has "$S6 $G6 eth0 -> eth1 eth2"
    watch r2
    watch r3
    listen r1 $G4 $G6 -n 40
    send $G4 -n 20
    send $G6 -n 20
    heard r1 lost=0
    # What is called eth2 now leads to r3.
    "$MCAST" send $FENCE -i eth2 -t 1
    heard r3 received=40 lost=0
    "$MCAST" send $FENCE -i eth3 -t 1
    heard r2 received=0
    swap_names eth2 eth3
    poll_until joined_on_eth2
    poll_until unjoined eth3 $G4
    watch r2
    watch r3
    send $G4 -n 20
    send $G6 -n 20
    heard_only r2 received=40 lost=0
    heard_nothing r3
    ip addr add fd00:2::1/64 dev eth2 nodad
    ip addr add fd00:3::1/64 dev eth3 nodad
    await_links
}

test_down_and_up_ten_times_and_streams_and_joins_go_on() {
    eth2_is_used
    start_daemon
    listen r1 $G4 $G6
    stream sender $G4 -r 500
    stream sender $G6 -r 500
    local round
    for round in {1..10}; do
        ip link set eth2 down
        joined_on_eth2
        ip link set eth2 up
    done
    poll_until has_vif eth2
    watch r2
    poll_until received_at_least r2 100
    end_streams
    heard_only r2 gaps=0
    heard_only r1 first=0 gaps=0
    poll_until joined_on_eth2
    ip addr add fd00:2::1/64 dev eth2 nodad
    await_links
}

test_an_interface_that_moves_to_another_network_and_back_resumes() {
    eth2_is_used
    start_daemon
    listen r1 $G4 $G6
    stream sender $G4 -r 300
    stream sender $G6 -r 300
    local round
    for round in 1 2 3; do
        ip link set eth2 netns r1
        poll_until lacks_vif eth2
        poll_until kernel_has "$S4 $G4 eth0 -> eth1"
        in_ns r1 ip link set eth2 netns $$
        ip link set eth2 up
        poll_until has_vif eth2
        poll_until joined_on_eth2
        poll_until kernel_has "$S4 $G4 eth0 -> eth1 eth2"
        poll_until kernel_has "$S6 $G6 eth0 -> eth1 eth2"
        watch r2
        poll_until received_at_least r2 30
        end_of_listening r2
        heard r2 gaps=0
    done
    end_streams
    heard_only r1 first=0 gaps=0
    ip addr add 10.0.2.1/24 dev eth2
    ip addr add fd00:2::1/64 dev eth2 nodad
    await_links
}

# How many messages the kernel could not put into the daemon's rtnetlink socket.
lost_by_the_daemon() {
    awk -v pid="$(worker)" '$2 == 0 && $3 == pid { sum += $9 } END { print sum + 0 }' \
        /proc/net/netlink
}

test_after_a_storm_of_changes_that_nobody_read_the_daemon_knows_what_there_is() {
    eth2_is_used
    echo "mroute from eth0 source $S4 group 225.7.7.7 to late0" >>/etc/smcroute.conf
    start_daemon -N
    kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    local pid
    pid=$(worker)
    # The guard too, which would replace a worker that is stopped for long.
    kill -STOP "$DAEMON" "$pid"
    ip link del eth2
    local k
    {
        for ((k = 0; k < 60; ++k)); do
            echo "link add storm$k type veth peer name peer$k"
        done
        for ((k = 0; k < 6000; ++k)); do
            echo "link set storm$((k % 60)) mtu $((1400 + k / 60 % 2))"
        done
    } | ip -batch -
    add_link 2
    ip link set storm7 name late0
    [ "$(lost_by_the_daemon)" -gt 0 ] || fail "the daemon's socket held all of the storm"
    echo "# messages lost by the daemon in the storm: $(lost_by_the_daemon)"
    kill -CONT "$pid" "$DAEMON"
    poll_until kernel_has "$S4 225.7.7.7 eth0 -> late0"
    poll_until kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    poll_until kernel_has "$S6 $G6 eth0 -> eth1 eth2"
    poll_until joined_on_eth2
    watch r2
    send $G4 -n 20
    send $G6 -n 20
    send 225.6.6.6 -n 4
    send ff0e::6 -n 4
    poll_until received_at_least r2 48
    heard_only r2 received=48 lost=0
    for ((k = 0; k < 60; ++k)); do
        echo "link del peer$k"
    done | ip -batch -
    poll_until lacks_vif late0
    await_links
}

run_claims
