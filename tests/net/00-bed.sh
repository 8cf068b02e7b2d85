#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# The test bed itself: whether it knows when it did not keep the pace that a claim rests on.

. "$(dirname "$0")/lib.sh"
network 1

# At least one packet is on its way.
sends() { grep -q . pace.of.*; }
test_a_sender_that_paused_for_too_long_is_known() {
    paced 300
    stream sender $G4 -r 100
    poll_until sends
    kill -STOP "${STREAMS[0]}"
    sleep 0.6
    kill -CONT "${STREAMS[0]}"
    poll_until pace_lost
    grep -Eq '^not judged, a packet was sent [0-9]+ ms late, over 300$' pace.lost
    end_streams
}

test_a_claim_without_a_pace_is_always_judged() {
    stream sender $G4 -r 100
    kill -STOP "${STREAMS[0]}"
    sleep 0.6
    kill -CONT "${STREAMS[0]}"
    not pace_lost
    end_streams
}

test_packets_for_which_the_kernel_had_no_time_are_known() {
    not pace_lost
    sed '1s/ [0-9a-f]* / ffffffff /' $SOFTNET >softnet
    SOFTNET=softnet
    pace_lost
    grep -Eq '^not judged, the kernel had no time for [0-9]+ packets$' pace.lost
}

test_a_receiver_that_had_no_time_is_known() {
    start_daemon -a eth0 $S4 $G4 eth1
    nsenter --net=/run/netns/r1 "$MCAST" recv $G4 -i eth0 --for 60 --until $FENCE --ready ready \
        --live r1.live >r1.heard &
    local receiver=$!
    poll_until test -e ready
    kill -STOP $receiver
    send $G4 -n 40000 -r 0
    kill -CONT $receiver
    poll_until grep -q 'overrun=' r1.live
    pace_lost
    grep -Eq '^not judged, (a receiver had no time: overrun=[0-9]+|the kernel had no time for [0-9]+ packets)$' pace.lost
}

test_a_worker_that_had_no_processor_is_known() {
    start_daemon
    prompt 60
    not pace_lost
    waited() { echo 1000000; }
    pace_lost
    grep -Eq '^not judged, the worker waited for a processor for [0-9]+ ms, over 60$' pace.lost
}

run_claims
