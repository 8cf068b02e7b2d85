#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# That the kernel holds what the daemon has recorded, also where the kernel changes something by
# itself before the daemon can know.

. "$(dirname "$0")/lib.sh"
network 1

# remake COUNT PAUSE: eth2 is made anew so many times, with so many seconds between.
remake() {
    local round
    for ((round = 0; round < $1; ++round)); do
        ip -batch - <<END
link del eth2
link add eth2 type veth peer name far2
link set eth2 up
END
        sleep "$2"
    done
}

add_eth2() {
    ip link add eth2 type veth peer name far2
    ip link set eth2 up
}

# entries PATTERN: how many entries of the kernel end so.
entries() { mroutes | grep -c -- "$1\$" || true; }

test_a_storm_of_new_streams_while_an_outbound_is_made_anew_leaves_each_with_it() {
    add_eth2
    config <<END
mroute from eth0 group $G4 to eth1 eth2
mroute from eth0 group $G6 to eth1 eth2
END
    start_daemon -N
    storm &
    local storming=$!
    remake 20 0.1
    wait $storming
    # On a busy machine the kernel has dropped some upcalls; those are sent again.
    poll_until all_are_learned
    echo "# 12000 streams learned, each with both outbounds"
    ip link del eth2
}
# storm: one packet of each of 12,000 streams.
storm() {
    in_ns sender "$MCAST" send $G4 -i eth0 -r 3000 --spoof 172.16.0.1 --sources 6000 &
    in_ns sender "$MCAST" send $G6 -i eth0 -r 3000 --spoof 2001:db8::1 --sources 6000
    wait $!
}
all_are_learned() { same_count "-> eth1 eth2" 12000 || { storm && false; }; }
same_count() { [ "$(entries "$1")" = "$2" ]; }

test_many_routes_added_while_an_outbound_is_made_anew_have_it() {
    add_eth2
    start_daemon -N
    awk 'BEGIN { for (i = 0; i < 20000; ++i)
        printf "add eth0 10.9.9.9 225.9.%d.%d eth1 eth2\n", i / 250, i % 250 }' >commands
    remake 60 0.01 &
    local remaking=$!
    # 71: eth2 was gone again before its VIF could be added, which is tried again.
    "$SMCROUTE" --batch commands >out 2>err || same "exit status" $? 71
    wait $remaking
    poll_until same_count "-> eth1 eth2" 20000
    ip link del eth2
}

# storm_unheard: while the worker is stopped, more happens than its socket holds.
storm_unheard() {
    local k
    {
        for ((k = 0; k < 60; ++k)); do
            echo "link add storm$k type veth peer name peer$k"
        done
        for ((k = 0; k < 6000; ++k)); do
            echo "link set storm$((k % 60)) mtu $((1400 + k / 60 % 2))"
        done
        for ((k = 0; k < 60; ++k)); do
            echo "link del storm$k"
        done
    } | ip -batch -
}

has_lost_messages() {
    awk -v pid="$(worker)" '$2 == 0 && $3 == pid && $9 > 0 { exit 1 }' /proc/net/netlink && return 1
    return 0
}

ifindex_of() { ip -o link show dev "$1" | cut -d : -f 1; }

joined_on_eth2() { joined eth2 $G4 && joined eth2 $G6 && joined eth2 232.9.9.9; }

test_an_interface_made_anew_by_its_index_in_a_storm_that_nobody_read_has_all_again() {
    add_eth2
    config <<END
mroute from eth0 source $S4 group $G4 to eth1 eth2
mroute from eth0 source $S6 group $G6 to eth1 eth2
mgroup from eth2 group $G4
mgroup from eth2 group $G6
mgroup from eth2 source 10.9.9.9 group 232.9.9.9
END
    start_daemon -N
    kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    joined_on_eth2
    local pid index
    pid=$(worker)
    index=$(ifindex_of eth2)
    # The guard too, which would replace a worker that is stopped for long.
    kill -STOP "$DAEMON" "$pid"
    storm_unheard
    ip link del eth2
    ip link add eth2 index "$index" type veth peer name far2
    ip link set eth2 up
    has_lost_messages || fail "the daemon's socket held all of the storm"
    not kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    kill -CONT "$pid" "$DAEMON"
    poll_until kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    poll_until kernel_has "$S6 $G6 eth0 -> eth1 eth2"
    poll_until joined_on_eth2
    ip link del eth2
}

run_claims
