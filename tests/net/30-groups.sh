#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Joining and leaving groups by interface, as /proc/net/igmp and /proc/net/igmp6 show it.

. "$(dirname "$0")/lib.sh"
network 2

joins_and_leaves() {
    start_daemon
    not joined eth0 "$1"
    client -j eth0 "$1"
    joined eth0 "$1"
    not joined eth1 "$1"
    client -l eth0 "$1"
    not joined eth0 "$1"
}
test_join_and_leave_an_ipv4_group_on_one_interface() { joins_and_leaves $G4; }
test_join_and_leave_an_ipv6_group_on_one_interface() { joins_and_leaves $G6; }

test_the_same_group_on_two_interfaces_is_two_joins() {
    start_daemon
    client -j eth0 $G4 -j eth1 $G4 -j eth0 $G6 -j eth1 $G6
    client -l eth0 $G4 -l eth1 $G6
    not joined eth0 $G4
    joined eth1 $G4
    joined eth0 $G6
    not joined eth1 $G6
}

test_proc_net_igmp_shows_the_join() {
    start_daemon
    client -j eth0 $G4 -j eth0 $G6
    grep -Eq '^\s+(030201E1|E1010203) ' /proc/net/igmp
    grep -Eq '\seth0\s+ff0e0000000000000000000100020003 ' /proc/net/igmp6
}

test_groups_of_the_file_are_joined_when_the_daemon_is_ready_and_left_at_its_end() {
    config <<END
mgroup from eth0 group $G4
mgroup group $G6 from eth1
END
    start_daemon
    joined eth0 $G4
    joined eth1 $G6
    stop_daemon
    not joined eth0 $G4
    not joined eth1 $G6
}

test_leaving_what_is_not_joined_is_an_error() {
    start_daemon
    client -j eth0 $G4
    refused 1 -l eth0 225.9.9.9
    grep -qF 225.9.9.9 err
    refused 1 -l eth1 $G4
    refused 1 -l eth0 $G6
    joined eth0 $G4
}

test_a_unicast_address_cannot_be_joined() {
    start_daemon
    not "$SMCROUTE" -j eth0 10.0.0.2 2>err
    grep -q '^smcroute: .*10\.0\.0\.2' err
    not "$SMCROUTE" -j eth0 fd00::2 2>err
    grep -q '^smcroute: .*fd00::2' err
}

# COUNT groups of either family joined on eth0, of those that the tests use.
joined_on_eth0() {
    ip maddr show dev eth0 | grep -cE "$1"
}

test_100_joins_by_the_client_pass_the_limit_of_the_kernel() {
    start_daemon
    local commands=() k
    for k in {1..100}; do
        commands+=(-j eth0 "225.7.0.$k" -j eth0 "ff0e::7:$k")
    done
    client "${commands[@]}"
    same "IPv4 joins" "$(joined_on_eth0 'inet +225\.7\.0\.')" 100
    same "IPv6 joins" "$(joined_on_eth0 'inet6 ff0e::7:')" 100
    client -l eth0 225.7.0.50 -l eth0 ff0e::7:50
    same "IPv4 joins after a leave" "$(joined_on_eth0 'inet +225\.7\.0\.')" 99
    same "IPv6 joins after a leave" "$(joined_on_eth0 'inet6 ff0e::7:')" 99
    not joined eth0 225.7.0.50
}

test_300_groups_of_the_file_are_joined() {
    local k
    for k in {1..150}; do
        echo "mgroup from eth0 group 225.8.0.$k"
        echo "mgroup from eth0 group ff0e::8:$k"
    done | config
    start_daemon
    same "IPv4 joins" "$(joined_on_eth0 'inet +225\.8\.0\.')" 150
    same "IPv6 joins" "$(joined_on_eth0 'inet6 ff0e::8:')" 150
}

test_joins_work_on_an_interface_that_is_down_and_has_no_address() {
    ip link add bare0 type veth peer name bare1
    start_daemon
    client -j bare0 $G4 -j bare0 $G6
    joined bare0 $G4
    joined bare0 $G6
    ip link set bare0 up
    ip link set bare1 up
    joined bare0 $G4
    joined bare0 $G6
    client -l bare0 $G4 -l bare0 $G6
    not joined bare0 $G4
    not joined bare0 $G6
    ip link del bare0
}

test_joins_survive_down_and_up() {
    start_daemon
    client -j eth1 $G4 -j eth1 $G6
    ip link set eth1 down
    ip link set eth1 up
    poll_until joined eth1 $G4
    poll_until joined eth1 $G6
}

test_a_deleted_interface_is_joined_again_when_it_returns() {
    ip link add gone0 type veth peer name gone1
    ip link set gone0 up
    start_daemon
    client -j gone0 $G4 -j gone0 $G6
    ip link del gone0
    ip link add gone0 type veth peer name gone1
    ip link set gone0 up
    poll_until joined gone0 $G4
    poll_until joined gone0 $G6
    ip link del gone0
}

is_announced() {
    start_daemon
    watch sender --report "$1"
    poll_until hears sender reports=0
    client -j eth0 "$1"
    poll_until grep -q 'reports=[1-9]' sender.live
    end_of_listening sender
}
test_an_ipv4_join_is_announced_by_igmp_on_the_wire() { is_announced 225.77.7.7; }
test_an_ipv6_join_is_announced_by_mld_on_the_wire() { is_announced ff0e::77:7:7; }

run_claims
