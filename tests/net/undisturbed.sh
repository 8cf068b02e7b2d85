# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# What tests of deaths and successions have in common, after lib.sh: streams of both families beneath
# which something happens of which nobody on the network may notice anything.

# shellcheck disable=SC2154 # "wrap" is of lib.sh

# Packets of each family in a second; a machine that cannot do so many loses them elsewhere.
[ ${#wrap[@]} = 0 ] || RATE=100
RATE=${RATE:-10000}

takeovers() { grep -c ': another worker has taken over$' $SYSLOG || true; }
took_over() { [ "$(takeovers)" -ge "$1" ]; }

# packets_grow: the counters of both streams are no less than the last time.
packets_grow() {
    local now4 now6
    now4=$(packets_of $S4 $G4)
    now6=$(packets_of $S6 $G6)
    [ "$now4" -ge "$LAST4" ] || fail "the IPv4 counter went from $LAST4 to $now4"
    [ "$now6" -ge "$LAST6" ] || fail "the IPv6 counter went from $LAST6 to $now6"
    LAST4=$now4 LAST6=$now6
}

# by_file [START...], by_clients [START...]: a daemon, from start_daemon or by another command, with
# routes, rules and groups that undisturbed() needs, all of its file or mostly from clients.
by_file() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 source $S6 group $G6 to eth1
mroute from eth0 group 225.5.0.0/16 to eth1
mroute from eth0 group ff0e:5::/64 to eth1
mgroup from eth0 group 225.7.7.7
mgroup from eth0 source fd00::9 group ff3e::9
END
    "${@:-start_daemon}"
}

by_clients() {
    echo "mroute from eth0 group 225.5.0.0/16 to eth1" | config
    "${@:-start_daemon}"
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1 -a eth0 ff0e:5::/64 eth1
    client -j eth0 225.7.7.7 -j eth0 fd00::9 ff3e::9
}

groups_of() { ip maddr show dev "$1" | awk '$1 ~ /^inet/' | sort; }

# The last packets of each stream may still be on their way to the receiver.
has_settled() {
    local before
    before=$(received r1)
    sleep 0.3
    [ "$(received r1)" = "$before" ]
}

# undisturbed COUNT COMMAND...: COMMAND, COUNT times, beneath streams of both families, of exact
# routes and of rules; no packet is lost, comes twice or late, no counter goes back, and what the
# kernel has is the same afterwards.
undisturbed() {
    send 225.5.5.5
    send ff0e:5::5
    poll_until kernel_has "$S4 225.5.5.5 eth0 -> eth1"
    poll_until kernel_has "$S6 ff0e:5::5 eth0 -> eth1"
    listen r1 $G4 $G6 225.5.5.5 ff0e:5::5
    stream sender $G4 -r "$RATE"
    stream sender $G6 -r "$RATE"
    stream sender 225.5.5.5 -r 100
    stream sender ff0e:5::5 -r 100
    poll_until received_at_least r1 $((RATE / 5))
    local round groups entries since=$EPOCHREALTIME first
    groups=$(groups_of eth0)
    entries=$(mroutes | sort)
    first=$(received r1)
    LAST4=0 LAST6=0
    for ((round = 0; round < $1; ++round)); do
        "${@:2}"
        packets_grow
    done
    same "groups of the router" "$(groups_of eth0)" "$groups"
    same "entries" "$(mroutes | sort)" "$entries"
    echo "# $1 times in $(milliseconds_since "$since") ms, beneath $(($(received r1) - first)) packets"
    end_streams
    poll_until has_settled
    heard_only r1 first=0 gaps=0 duplicated=0 late=0
}
