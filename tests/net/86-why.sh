#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# --why: for every verdict a fault that is made with real packets, and the verdict that is to come
# first, for IPv4 and IPv6 where both have the fault.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/why.sh"
network 3

# ---- One fault each ----

test_forwarded_when_all_is_well() {
    routes eth1 eth2
    start_daemon
    both_streams
    says_both forwarded
    grep -qE "^\($S4, $G4\) flows from eth0 \([1-9].* packets, .*bit/s\) to eth1 \([1-9][0-9]*\) eth2 \([1-9][0-9]*\)\$" out
    end_streams
}

test_no_packets_when_nobody_sends() {
    routes eth1
    start_daemon
    says_both no-packets
    tells "remedy: mgroup from eth0 group $G4  (now: smcroute -j eth0 $G4)"
    client -j eth0 $G4
    says no-packets $G4
    tells "though the group is joined there"
    ip link set eth0 down
    says_both no-packets
    tells "remedy: ip link set eth0 up"
    ip link set eth0 up
    await_links
}

test_no_packets_when_a_snooping_bridge_has_no_querier() {
    ip link add br0 type bridge mcast_snooping 1 2>/dev/null || skip "no bridges here"
    ip link add port0 type veth peer name port1
    ip link set port0 master br0 up
    ip link set port1 up
    ip link set br0 up
    config <<<"mroute from br0 source 10.0.9.2 group $G4 to eth1"
    start_daemon
    says no-packets
    tells "remedy: ip link set br0 type bridge mcast_querier 1"
    ip link set br0 type bridge mcast_querier 1
    says no-packets
    tells "and the group is not joined there"
    ip link del port0
    ip link del br0
}

test_no_packets_when_they_have_a_vlan_tag() {
    routes eth1
    start_daemon
    stream sender $G4 -r 100 --spoof $S4 --vlan 7
    stream sender $G6 -r 100 --spoof $S6 --vlan 7
    says_both no-packets
    tells "by eth0 with the tag of VLAN 7"
    end_streams
}

test_ttl_too_low() {
    routes eth1
    start_daemon
    both_streams -t 1
    says_both ttl-too-low
    tells "its packets arrive with TTL 1, and none is left for the next hop"
    tells "its packets arrive with hop limit 1"
    end_streams
}

test_ttl_at_a_threshold() {
    { echo "phyint eth1 ttl-threshold 20" && echo "mroute from eth0 source $S4 group $G4 to eth1"; } | config
    start_daemon
    stream sender $G4 -r 100 -t 16
    says ttl-too-low
    tells "TTL 16, and eth1 takes none below 21"
    end_streams
}

test_never_forwarded() {
    config <<END
mroute from eth0 group 224.0.0.251 to eth1
mroute from eth0 group ff02::fb to eth1
END
    start_daemon
    stream sender 224.0.0.251 -r 100
    stream sender ff02::fb -r 100
    says_both never-forwarded
    tells "mDNS reflector"
    end_streams
}

test_reverse_path() {
    routes eth1
    start_daemon
    tell_kernel ipv4/conf/eth0/rp_filter 1
    stream sender $G4 -r 100 --spoof 10.0.2.77
    client -a eth0 10.0.2.77 $G4 eth1
    says reverse-path 10.0.2.77
    tells "remedy: sysctl -w net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.eth0.rp_filter=2"
    tell_kernel ipv4/conf/eth0/rp_filter 2
    says forwarded 10.0.2.77
    end_streams
    stream sender $G4 -r 100 --spoof 192.168.77.7
    client -a eth0 192.168.77.7 $G4 eth1
    says reverse-path 192.168.77.7
    tells "no unicast route leads back to it"
    tell_kernel ipv4/conf/eth0/rp_filter 0
    end_streams
}

test_wrong_inbound() {
    config <<END
mroute from eth3 source $S4 group $G4 to eth1
mroute from eth3 source $S6 group $G6 to eth1
END
    start_daemon
    both_streams
    says_both wrong-inbound
    tells "it arrives by eth0, and smcroute.conf:1: mroute from eth3"
    rules eth3
    client --reload
    says_both wrong-inbound
    end_streams
}

test_no_rule() {
    config <<END
mroute from eth0 source 10.0.0.3 group $G4 to eth1
mroute from eth0 source fd00::3 group $G6 to eth1
END
    start_daemon
    both_streams
    says no-rule $S4
    tells "its source is 10.0.0.3"
    tells "(now: smcroute -a eth0 $S4 $G4 eth1)"
    says no-rule $S6
    tells "its source is fd00::3"
    client -a eth0 10.0.0.9 225.8.8.8 eth1
    stream sender 225.9.9.9 -r 100
    run 1 "$SMCROUTE" --seconds 1 --why
    tells "1 stream arrives that no line covers (smcroute --trace lists them)"
    end_streams
}

test_excepted() {
    config <<END
mroute from eth0 source 10.0.0.0/8 except $S4 group $G4 to eth1
mroute from eth0 source fd00::/16 except $S6 group $G6 to eth1
END
    start_daemon
    both_streams
    says excepted $S4
    says excepted $S6
    end_streams
}

test_shadowed() {
    rules eth0 eth1
    cat >>/etc/smcroute.conf <<END
mroute from eth3 source $S4 group $G4 to eth2
mroute from eth3 source $S6 group $G6 to eth2
END
    start_daemon
    both_streams
    says_both shadowed
    tells "hides smcroute.conf:1: mroute from eth0 group $G4 to eth1"
    end_streams
}

test_outbound_down() {
    routes eth1
    start_daemon
    both_streams
    ip link set eth1 down
    says_both outbound-down
    tells "remedy: ip link set eth1 up"
    ip link set eth1 up
    in_ns r1 ip link set eth0 down
    poll_until has_no_carrier eth1
    says_both outbound-down
    tells "eth1 has no carrier"
    in_ns r1 ip link set eth0 up
    end_streams
    await_links
}

has_no_carrier() { ip link show "$1" | grep -q NO-CARRIER; }

test_outbound_missing() {
    routes eth1 eth9
    start_daemon
    both_streams
    says_both outbound-missing
    tells "there is no interface eth9"
    end_streams
}

test_no_vif_where_the_inbound_is_not_there() {
    config <<END
mroute from eth9 source $S4 group $G4 to eth1
mroute from eth9 source $S6 group $G6 to eth1
END
    start_daemon
    says_both no-vif
    tells "there is no interface eth9"
}

test_no_vif_of_ipv6_beyond_index_65535() {
    ip link add eth9 index 70000 type veth peer name far9
    ip link set far9 up
    ip link set eth9 up
    routes eth9
    start_daemon
    both_streams
    says no-vif $G6
    tells "the outbound eth9 takes no part in IPv6: its index is above 65535"
    says forwarded $G4
    ip link del eth9
    end_streams
}

test_no_vif_of_another_program() {
    start_other <<<"phyint eth1 disable"
    client -i other -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1
    both_streams
    says blocked $S4
    says blocked $S6
    config_of_other <<<"phyint eth0 disable"
    client -i other --reload
    says "no-vif no-rule" $S4
    tells "tell smcroute (process"
    end_streams
    client -i other -k
}

test_disabled() {
    rules eth+ eth1
    echo "phyint eth0 disable" >>/etc/smcroute.conf
    start_daemon
    both_streams
    says_both disabled
    rules eth0 eth1
    echo "phyint eth1 disable" >>/etc/smcroute.conf
    client --reload
    says_both disabled
    end_streams
}

test_no_multicast_flag() {
    routes eth1
    ip link set eth0 multicast off
    start_daemon
    says_both no-multicast-flag
    tells "remedy: ip link set eth0 multicast on"
    ip link set eth0 multicast on
}

test_loops_back() {
    routes eth1 eth0
    start_daemon
    both_streams
    says_both loops-back
    end_streams
}

test_too_big() {
    routes eth1
    start_daemon
    ip link set eth1 mtu 1300
    stream sender $G6 -r 50 --size 1350 --spoof $S6
    says too-big $G6
    stream sender $G4 -r 50 --size 1350
    says too-big $G4
    end_streams
    ip link set eth1 mtu 1500
    await_links
}

test_filtered_by_netfilter() {
    filter forward
    routes eth1
    start_daemon
    both_streams
    says_both filtered
    tells "were routed to eth1 and none left"
    tells "remedy: ip6tables -I FORWARD -d $G6 -j ACCEPT"
    filter off
    filter prerouting
    says_both filtered
    tells "none reached the routing"
    tells "remedy: iptables -t raw -I PREROUTING -d $G4 -j ACCEPT"
    filter off
    says_both forwarded
    end_streams
}

test_table_taken_by_another_program() {
    routes eth1
    start_other </dev/null
    both_streams
    says_both "table-taken blocked"
    tells "smcroute (process $(cat /run/other.pid)) owns the multicast routing table"
    rm /etc/smcroute.conf
    client -i other -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1
    says_both forwarded
    ip link set eth1 down
    says_both outbound-down
    ip link set eth1 up
    client -i other -k
    end_streams
    await_links
}

# Of which this program knows nothing.
test_a_router_that_is_not_ours_is_explained() {
    "$MCAST" own eth0 eth1 $S4 $G4 $S6 $G6 >own.ready &
    local other=$!
    poll_until test -s own.ready
    both_streams
    says_both forwarded
    stream sender 225.9.9.9 -r 100
    stream sender ff0e::9 -r 100
    says "no-rule" 225.9.9.9
    tells "mcast (process $other) has no route for it"
    says "no-rule" ff0e::9
    ip link set eth1 down
    says_both outbound-down
    ip link set eth1 up
    config <<END
mroute from eth0 source $S4 group 225.9.9.9 to eth2
mroute from eth0 source $S6 group ff0e::9 to eth2
END
    run 69 "$SMCROUTE" -n
    grep -qF "mcast (process $other)" err
    says "table-taken no-vif" 225.9.9.9
    tells "mcast (process $other) owns the multicast routing table"
    tells "remedy: stop mcast (process $other), then smcroute -d"
    says "table-taken no-vif" ff0e::9
    says forwarded $G4
    kill $other
    end_streams
    await_links
}

test_no_daemon() {
    routes eth1
    both_streams
    says_both no-daemon
    tells "remedy: smcroute -d"
    end_streams
}

test_blocked_by_another_program() {
    start_other </dev/null
    both_streams
    says blocked $S4
    says blocked $S6
    client -i other -k
    end_streams
}

test_storm() {
    add_loop
    config <<<"mroute from eth5 group $G4 to eth6"
    start_daemon
    stream far $G4 -r 20 -t 9
    says storm
    tells "they leave by eth6 and arrive again by eth5"
    end_streams
    remove_loop
}

test_trace_leaves_out_packets_that_have_been_in_before() {
    add_loop
    config <<<"mroute from eth0 group $G4 to eth6"
    start_daemon
    stream sender $G4 -r 20 -t 9
    run 0 "$SMCROUTE" --seconds 1 --trace $G4
    same "inbound interfaces" "$(awk 'NR > 1 { print $3 }' out)" eth0
    end_streams
    remove_loop
}

# A switch on which the router has two interfaces.
add_loop() {
    ip netns add switch
    ip netns add far
    in_ns switch ip link add br0 type bridge mcast_snooping 0 2>/dev/null || skip "no bridges here"
    ip link add eth5 type veth peer name p5 netns switch
    ip link add eth6 type veth peer name p6 netns switch
    ip -n far link add eth0 type veth peer name p7 netns switch
    local each
    for each in p5 p6 p7; do
        in_ns switch ip link set $each master br0 up
    done
    in_ns switch ip link set br0 up
    ip link set eth5 up
    ip link set eth6 up
    ip -n far link set eth0 up
    ip -n far addr add 10.0.5.2/24 dev eth0
}

remove_loop() {
    ip netns del switch
    ip netns del far
    ip link del eth5 2>/dev/null || true
    ip link del eth6 2>/dev/null || true
}

test_local_source() {
    config <<<"mroute from eth0 source 10.0.1.1 group $G4 to eth2"
    start_daemon
    "$MCAST" send $G4 -i eth1 -s 10.0.1.1 -r 100 -n 100000 &
    STREAMS+=($!)
    says local-source 10.0.1.1
    tells "it sends by eth1, so that is where its packets are routed from"
    end_streams
    stream sender $G4 -r 100 --spoof 10.0.1.1
    says local-source 10.0.1.1
    tells "is an address of this host, and the packets come from another"
    end_streams
}

test_full() {
    local k
    for ((k = 0; k < 32; k += 2)); do
        ip link add v$k type veth peer name v$((k + 1))
    done
    {
        for ((k = 0; k < 32; ++k)); do
            echo "phyint v$k enable"
        done
        echo "mroute from eth0 source $S4 group $G4 to eth1"
        echo "mroute from eth0 source $S6 group $G6 to eth1"
    } | config
    start_daemon
    both_streams
    says_both full
    tells "the inbound eth0 got no slot"
    end_streams
    for ((k = 0; k < 32; k += 2)); do
        ip link del v$k
    done
}

test_filtered_by_a_queue_that_takes_nothing() {
    routes eth1
    start_daemon
    both_streams
    tc qdisc add dev eth1 root pfifo limit 0 || skip "no traffic control here"
    says_both filtered
    tells "were routed to eth1 and none left"
    tc qdisc del dev eth1 root
    end_streams
}

run_claims
