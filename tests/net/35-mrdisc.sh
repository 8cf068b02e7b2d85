#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Multicast Router Discovery (RFC 4286): what `phyint IFNAME mrdisc` puts on the wire.

. "$(dirname "$0")/lib.sh"
network 2

# ---- A watcher at the other end of the cable ----

# watch_mrdisc HOST: notes in HOST.mrdisc.heard what HOST hears.
watch_mrdisc() {
    rm -f "$1.mrdisc.heard"
    in_ns "$1" "$MRDISC_PEER" watch eth0 "$1.mrdisc.heard" &
    poll_until grep -q ready "$1.mrdisc.heard"
}

# messages HOST WORD [TYPE-IN-HEX]: the lines that hold all of it, without their time.
messages() {
    awk -v word="$2" -v type="${3:-}" '$2 == word && index($NF, type) == 1' "$1.mrdisc.heard" |
        cut -d ' ' -f 2-
}
count_of() { messages "$@" | wc -l; }
at_least() { [ "$(count_of "${@:2}")" -ge "$1" ]; }

# The link-local address of the router's interface.
link_local() { ip -6 -o addr show dev "$1" scope link | awk '{ sub(/\/.*/, "", $4); print $4; exit }'; }

# ---- Claims ----

advertisement4="IPv4 10.0.1.1 > 224.0.0.106 ttl=1 alert=yes sum=ok"
advertisement6() { echo "IPv6 $(link_local eth1) > ff02::6a ttl=1 alert=yes sum=ok"; }

test_advertisements_of_both_families_have_the_right_bytes() {
    config <<<'phyint eth1 mrdisc'
    watch_mrdisc r1
    start_daemon
    no_diagnostics
    poll_until at_least 1 r1 IPv4
    poll_until at_least 1 r1 IPv6
    same "IPv4 advertisement" "$(messages r1 IPv4 | head -n 1)" "$advertisement4 3014....00000000"
    same "IPv6 advertisement" "$(messages r1 IPv6 | head -n 1)" \
        "$(advertisement6) 9714....00000000"
}

test_only_interfaces_marked_in_the_file_are_announced_on() {
    config <<<'phyint eth1 mrdisc'
    watch_mrdisc r1
    watch_mrdisc r2
    start_daemon
    poll_until at_least 2 r1 IPv4
    poll_until at_least 2 r1 IPv6
    same "what r2 heard" "$(cat r2.mrdisc.heard)" ready
}

test_without_mrdisc_there_are_no_sockets_for_it() {
    config <<<'phyint eth1 enable'
    start_daemon
    unjoined eth1 224.0.0.2
    # One for routing and one in each family at most.
    same "raw sockets" "$(tail -n +2 /proc/net/raw /proc/net/raw6 | grep -c :)" 2
}

# gaps HOST FAMILY: the milliseconds between one message and the next.
gaps() {
    awk -v family="$2" '$2 == family { if (last) print $1 - last; last = $1 }' "$1.mrdisc.heard"
}

test_three_advertisements_come_at_once_and_then_one_each_interval() {
    config <<<'phyint eth1 mrdisc'
    watch_mrdisc r1
    start_daemon -m 4
    poll_until at_least 5 r1 IPv4
    poll_until at_least 5 r1 IPv6
    same "IPv4 advertisement" "$(messages r1 IPv4 | sort -u)" "$advertisement4 3004....00000000"
    same "IPv6 advertisement" "$(messages r1 IPv6 | sort -u)" "$(advertisement6) 9704....00000000"
    # Two of about 2 s, then of about 4 s; a busy machine may make some longer or shorter.
    local family
    for family in IPv4 IPv6; do
        gaps r1 $family | head -n 4 | awk '
            { bad = bad || (NR <= 2 ? $1 < 1000 || $1 > 3500 : $1 < 3000 || $1 > 8000) }
            END { exit bad || NR != 4 }' || fail "$family came after $(gaps r1 $family | xargs) ms"
    done
}

test_the_interval_is_checked() {
    local value
    for value in 3 181 0 -5 x ""; do
        refused 64 -n -m "$value"
    done
}

test_a_solicitation_is_answered_unless_it_comes_from_beyond_the_link() {
    config <<<'phyint eth1 mrdisc'
    watch_mrdisc r1
    start_daemon -m 180
    poll_until at_least 3 r1 IPv4
    poll_until at_least 3 r1 IPv6
    in_ns r1 "$MRDISC_PEER" solicit eth0 4 2
    in_ns r1 "$MRDISC_PEER" solicit eth0 6 255
    sleep 2.5
    same "messages over IPv4" "$(count_of r1 IPv4)" 3
    same "messages over IPv6" "$(count_of r1 IPv6)" 3
    in_ns r1 "$MRDISC_PEER" solicit eth0 4
    poll_until at_least 4 r1 IPv4
    in_ns r1 "$MRDISC_PEER" solicit eth0 6
    poll_until at_least 4 r1 IPv6
    same "messages over IPv4" "$(count_of r1 IPv4)" 4
}

test_a_flood_of_solicitations_draws_few_answers() {
    config <<<'phyint eth1 mrdisc'
    watch_mrdisc r1
    start_daemon -m 180
    poll_until at_least 3 r1 IPv4
    in_ns r1 "$MRDISC_PEER" solicit eth0 4 1 20000
    poll_until at_least 4 r1 IPv4
    [ "$(count_of r1 IPv4)" -lt 20 ]
    client -a eth0 $S4 $G4 eth2
    streams_to r2 $G4 20
}

says_goodbye() {
    poll_until at_least 1 r1 IPv4 3200....
    poll_until at_least 1 r1 IPv6 9900....
    same "IPv4 termination" "$(messages r1 IPv4 32)" "$advertisement4 3200...."
    same "IPv6 termination" "$(messages r1 IPv6 99)" "$(advertisement6) 9900...."
}

start_announcing() {
    config <<<'phyint eth1 mrdisc'
    watch_mrdisc r1
    start_daemon
    poll_until at_least 1 r1 IPv4
    poll_until at_least 1 r1 IPv6
}

test_kill_says_goodbye() {
    start_announcing
    client -k
    says_goodbye
    ended_well
    DAEMON=
}

test_sigterm_says_goodbye() {
    start_announcing
    stop_daemon
    says_goodbye
}

test_a_reload_without_the_word_says_goodbye_and_one_with_it_starts_again() {
    start_announcing
    config <<<'phyint eth1 enable'
    client --reload
    says_goodbye
    unjoined eth1 224.0.0.2
    config <<<'phyint eth1 mrdisc'
    client --reload
    local before
    before=$(count_of r1 IPv4 30)
    poll_until at_least $((before + 3)) r1 IPv4 30
}

test_an_interface_that_goes_and_comes_back_is_announced_on_again() {
    config <<<'phyint eth1 mrdisc'
    start_daemon -m 180
    joined eth1 224.0.0.2
    ip link del eth1
    add_link 1
    # The first of three may come before anybody listens on the new cable.
    watch_mrdisc r1
    poll_until at_least 2 r1 IPv4
    poll_until at_least 1 r1 IPv6
    ip link set eth1 down
    poll_until unjoined eth1 224.0.0.2
    local before
    before=$(count_of r1 IPv4)
    ip link set eth1 up
    poll_until at_least $((before + 3)) r1 IPv4
    joined eth1 224.0.0.2
    ip addr replace fd00:1::1/64 dev eth1 nodad # going down took it
    not grep -E '^<[0-4]>|^<2[0-8]>' "$(the_log)"
}

test_an_interface_without_a_vif_is_not_announced_on() {
    config <<CONFIG
phyint eth1 disable mrdisc
phyint eth2 mrdisc
CONFIG
    watch_mrdisc r1
    watch_mrdisc r2
    start_daemon
    poll_until at_least 2 r2 IPv4
    poll_until at_least 2 r2 IPv6
    same "what r1 heard" "$(cat r1.mrdisc.heard)" ready
}

test_announcements_go_on_after_root_is_given_up() {
    setpriv --reuid nobody true 2>/dev/null || skip "there is no other user here"
    config <<<'phyint eth1 enable'
    watch_mrdisc r1
    start_daemon -p nobody --single
    config <<<'phyint eth1 mrdisc'
    client --reload
    poll_until at_least 1 r1 IPv4
    poll_until at_least 1 r1 IPv6
    stop_daemon
    # Which nobody may not remove.
    rm -f /run/smcroute /run/smcroute.pid
}

run_claims
