#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Joins of prefixes, with and without sources, far beyond what the kernel allows one socket. The
# kernel's own lists are the judge: "ip maddr" for groups, /proc/net/mcfilter and mcfilter6 for
# sources.

. "$(dirname "$0")/lib.sh"
network 2

# groups IF REGEX: how many groups that match are joined there.
groups() {
    ip maddr show dev "$1" | awk '{ print $2 }' | count "$2"
}
count() { grep -cE "^($1)" || true; }
groups_are() { [ "$(groups "$1" "$2")" = "$3" ]; }

# sources 4|6 IF REGEX: how many pairs of group and source that match, each in hexadecimal digits
# without 0x and colons, are joined there.
sources() {
    local file=/proc/net/mcfilter
    [ "$1" = 4 ] || file=/proc/net/mcfilter6
    awk -v dev="$2" 'NR > 1 && $2 == dev && $5 > 0 && $6 == 0 { sub(/^0x/, "", $3)
        sub(/^0x/, "", $4); print $3, $4 }' $file | count "$3"
}
sources_are() { [ "$(sources "$1" "$2" "$3")" = "$4" ]; }

# In each family 256 groups, 128 sources of one group, and 64 sources of each of two groups.
config_of_512_joins() {
    config <<END
mgroup from $1 group 225.7.0.0/24
mgroup from $1 source 192.168.1.0/25 group 232.1.1.1
mgroup from $1 source 192.168.2.0/26 group 232.2.2.0/31
mgroup from $1 group ff0e::7:0/120
mgroup from $1 source 2001:db8:1::/121 group ff3e::1:1
mgroup from $1 source 2001:db8:2::/122 group ff3e::2:0/127
END
}
all_512_are_joined() {
    groups_are "$1" '225\.7\.0\.' 256 && sources_are 4 "$1" 'e8010101 c0a801' 128 &&
        sources_are 4 "$1" 'e8020200 c0a802' 64 && sources_are 4 "$1" 'e8020201 c0a802' 64 &&
        groups_are "$1" 'ff0e::7:' 256 && sources_are 6 "$1" 'ff3e0{20}00010001 20010db80001' 128 &&
        sources_are 6 "$1" 'ff3e0{20}00020000 20010db80002' 64 &&
        sources_are 6 "$1" 'ff3e0{20}00020001 20010db80002' 64
}

test_512_joins_in_each_family_at_the_start_under_the_limits_of_the_kernel() {
    same "the kernel's limit of groups" "$(cat /proc/sys/net/ipv4/igmp_max_memberships)" 20
    same "the kernel's limit of sources" "$(cat /proc/sys/net/ipv4/igmp_max_msf)" 10
    config_of_512_joins eth0
    local since=$EPOCHREALTIME
    start_daemon
    echo "# start with 512 joins in each family: $(milliseconds_since "$since") ms," \
        "$(find "/proc/$(worker)/fd/" -type l | wc -l) descriptors"
    no_diagnostics
    show_sources
    all_512_are_joined eth0
    stop_daemon
    groups_are eth0 '225\.7\.0\.|ff0e::7:|232\.|ff3e:' 0
}

test_512_joins_are_made_again_when_their_interface_returns() {
    ip link add gone0 type veth peer name gone1
    config_of_512_joins gone0
    start_daemon
    show_sources
    all_512_are_joined gone0
    ip link del gone0
    ip link add gone0 type veth peer name gone1
    poll_until all_512_are_joined gone0
    ip link del gone0
}

test_a_join_of_a_source_asks_for_that_source_only() {
    start_daemon
    show_sources
    client -j eth0 192.168.1.42 232.1.1.1 -j eth0 2001:db8::42 ff3e::1:1
    sources_are 4 eth0 'e8010101 c0a8012a' 1
    sources_are 4 eth0 'e8010101' 1
    sources_are 6 eth0 'ff3e0{20}00010001 20010db80{20}0042' 1
    sources_are 6 eth0 'ff3e0{20}00010001' 1
    client -l eth0 192.168.1.42 232.1.1.1 -l eth0 2001:db8::42 ff3e::1:1
    not joined eth0 232.1.1.1
    not joined eth0 ff3e::1:1
}

test_a_group_may_be_joined_with_and_without_a_source() {
    start_daemon
    show_sources
    client -j eth0 $G4 -j eth0 10.0.0.9 $G4 -j eth0 $G6 -j eth0 fd00::9 $G6
    client -l eth0 $G4 -l eth0 $G6
    sources_are 4 eth0 'e1010203 0a000009' 1
    sources_are 6 eth0 'ff0e0{16}000100020003 fd000{24}0009' 1
    client -j eth0 $G4 -j eth0 $G6
    client -l eth0 10.0.0.9 $G4 -l eth0 fd00::9 $G6
    joined eth0 $G4
    joined eth0 $G6
    sources_are 4 eth0 'e1010203' 0
    sources_are 6 eth0 'ff0e0{16}000100020003' 0
}

test_the_client_joins_and_leaves_a_prefix() {
    start_daemon
    show_sources
    client -j eth0 225.7.0.0/24 -j eth0 192.168.1.0/25 232.1.1.1
    client -j eth0 ff0e::7:0/120 -j eth0 2001:db8:1::/121 ff3e::1:1
    groups_are eth0 '225\.7\.0\.' 256
    groups_are eth0 'ff0e::7:' 256
    sources_are 4 eth0 'e8010101 c0a801' 128
    sources_are 6 eth0 'ff3e0{20}00010001 20010db80001' 128
    client -l eth0 225.7.0.0/24 -l eth0 2001:db8:1::/121 ff3e::1:1
    groups_are eth0 '225\.7\.0\.' 0
    not joined eth0 ff3e::1:1
    groups_are eth0 'ff0e::7:' 256
    sources_are 4 eth0 'e8010101 c0a801' 128
}

test_an_address_that_two_prefixes_join_stays_until_both_are_left() {
    start_daemon
    show_sources
    client -j eth0 225.7.0.0/24 -j eth0 225.7.0.128/25 -j eth0 ff0e::7:0/120 -j eth0 ff0e::7:1
    client -l eth0 225.7.0.0/24 -l eth0 ff0e::7:0/120
    groups_are eth0 '225\.7\.0\.' 128
    joined eth0 225.7.0.128
    joined eth0 ff0e::7:1
    groups_are eth0 'ff0e::7:' 1
}

test_leaving_what_was_not_joined_so_changes_nothing() {
    start_daemon
    show_sources
    client -j eth0 225.7.0.0/24 -j eth0 192.168.1.0/25 232.1.1.1
    client -j eth0 ff0e::7:0/120 -j eth0 2001:db8:1::/121 ff3e::1:1
    local before words
    before=$(ip maddr && cat /proc/net/mcfilter /proc/net/mcfilter6)
    for words in "eth0 225.7.0.0/25" "eth0 225.7.0.1" "eth0 225.7.0.0/16" "eth1 225.7.0.0/24" \
        "eth0 232.1.1.1" "eth0 192.168.1.1 232.1.1.1" "eth0 192.168.1.0/25 225.7.0.0/24" \
        "eth0 ff0e::7:0/121" "eth0 ff0e::7:1" "eth1 ff0e::7:0/120" "eth0 ff3e::1:1" \
        "eth0 2001:db8:1::1 ff3e::1:1" "gone0 225.7.0.0/24"; do
        refused 1 -l $words
    done
    same "joins" "$(ip maddr && cat /proc/net/mcfilter /proc/net/mcfilter6)" "$before"
}

test_a_prefix_of_more_than_65536_addresses_is_left_out_and_named() {
    start_daemon
    local before word
    before=$(ip maddr show dev eth0)
    for word in 225.0.0.0/15 ff0e::/111; do
        not "$SMCROUTE" -j eth0 $word 2>err
        same "lines on standard error" "$(wc -l <err)" 1
        grep -qF "$word" err
        echo "mgroup from eth0 group $word" | config
        run 0 "$SMCROUTE" --reload
        grep -qE "^smcroute: warning: /etc/smcroute\.conf:1:24: '$word' .*: the line is left out\$" err
    done
    same "joins" "$(ip maddr show dev eth0)" "$before"
}

run_claims
