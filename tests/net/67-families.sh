#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# IPv4 and IPv6 apart: one that another program owns, and one that is asked for by name.

. "$(dirname "$0")/lib.sh"
network 1

# other_router WORD...: another daemon, which owns what the words say.
other_router() {
    "$SMCROUTE" -d -i other -N "$@"
    OTHER=$(cat /run/other.pid)
}

end_other_router() {
    run 0 "$SMCROUTE" -i other -k
}

# status_of KEY: the line of --show status.
status_of() {
    "$SMCROUTE" --show status | sed -n "s/^$1: *//p"
}

# goes_on_without N [OPTION...]: the other family is routed, and who owns this one is told.
goes_on_without() {
    local off=$1 on=$((10 - $1)) group=$G6 source=$S6 taken
    [ "$off" = 6 ] && group=$G4 source=$S4
    printf 'mroute from eth0 source %s group %s to eth1\n' $S4 $G4 $S6 $G6 | config
    other_router "-$off"
    taken="smcroute (process $OTHER) owns the IPv$off multicast routing table"
    start_daemon "${@:2}"
    same "what is said" "$(cat daemon.out daemon.err)" "smcroute: going on without IPv$off: $taken\
 (stop it and restart smcroute, or -$on asks for IPv$on alone)"
    grep "^<28>" "$(the_log)" | grep -qF "]: going on without IPv$off: $taken"
    same "IPv$off" "$(status_of IPv$off)" "off: $taken"
    same "IPv$on" "$(status_of IPv$on)" on
    same "entries" "$(mroutes)" "$source $group eth0 -> eth1"
    [ "$off" = 6 ] && group=$G6 || group=$G4
    run 0 "$SMCROUTE" -a eth0 "$group" eth1
    same "what a command for it is told" "$(cat err)" \
        "smcroute: warning: IPv$off is not routed (smcroute --show status says why)"
    [ "$off" = 6 ] && group=$G4 || group=$G6
    streams_to r1 "$group" 3
    stop_daemon
    end_other_router
    start_daemon "${@:2}"
    same "what is said" "$(cat daemon.out daemon.err)" ""
    streams_to r1 $G4 3
    streams_to r1 $G6 3
}
test_an_owned_IPv4_table_does_not_stop_IPv6() { goes_on_without 4; }
test_an_owned_IPv6_table_does_not_stop_IPv4() { goes_on_without 6; }

test_one_process_goes_on_with_one_family_too() {
    other_router -6
    start_daemon --single -a eth0 $S4 $G4 eth1
    grep -q '^smcroute: going on without IPv6: ' daemon.err
    streams_to r1 $G4 3
    stop_daemon
    end_other_router
}

test_a_family_asked_for_by_name_and_owned_ends_the_start() {
    local n
    for n in 4 6; do
        other_router "-$n"
        for words in "-$n" "-4 -6" "--ipv$n --single"; do
            # shellcheck disable=SC2086 # the words are words
            run 69 "$SMCROUTE" -d $words
            same "what is said with $words" "$(cat out err)" \
                "smcroute: smcroute (process $OTHER) owns the IPv$n multicast routing table"
        done
        end_other_router
    done
    nothing_left
}

test_both_owned_end_the_start_and_their_owners_are_named() {
    other_router -4
    "$SMCROUTE" -d -i third -6 -N
    run 69 "$SMCROUTE" -d
    same "what is said" "$(cat out err)" "smcroute: smcroute (process $OTHER) owns the IPv4 multicast\
 routing table; smcroute (process $(cat /run/third.pid)) owns the IPv6 multicast routing table"
    run 0 "$SMCROUTE" -i third -k
    end_other_router
    other_router
    run 69 "$SMCROUTE" -d
    same "what is said" "$(cat out err)" \
        "smcroute: smcroute (process $OTHER) owns the IPv4 and IPv6 multicast routing tables"
    end_other_router
    nothing_left
}

# leaves_alone N: the daemon of one family is silent about the other, which anybody may have.
leaves_alone() {
    local off=$1 on=$((10 - $1))
    printf 'mroute from eth0 source %s group %s to eth1\n' $S4 $G4 $S6 $G6 | config
    start_daemon "-$on"
    same "what is said" "$(cat daemon.out daemon.err)" ""
    same "warnings" "$(grep -c '<2[0-8]>' "$(the_log)")" 0
    same "IPv$off" "$(status_of IPv$off)" "off: only IPv$on was asked for (-$on)"
    same "interfaces of IPv$off" "$(vifs "$off")" ""
    other_router "-$off"
    end_other_router
    client --upgrade
    same "IPv$off after an upgrade" "$(status_of IPv$off)" "off: only IPv$on was asked for (-$on)"
    strike "$(worker)"
    client --flush
    other_router "-$off"
    end_other_router
}
test_4_leaves_IPv6_alone() { leaves_alone 6; }
test_6_leaves_IPv4_alone() { leaves_alone 4; }

run_claims
