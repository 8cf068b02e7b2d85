#!/bin/bash
. "$(dirname "$0")/lib.sh"
network 2
test_a() {
    start_daemon
    client -a eth0 225.0.0.0/8 eth2 -a eth1 225.0.0.0/8 eth2
    follow
    declare -a pid
    for i in {1..12}; do stream sender 225.0.0.$i -r 50 --spoof 192.168.7.7; pid[$i]=$!; done
    sleep 0.3
    for i in {1..12}; do stream r1 225.0.0.$i -r 1000 --spoof 192.168.7.7;  done
    sleep 5
    for i in {1..12}; do kill ${pid[$i]}; t[$i]=$EPOCHREALTIME; sleep 0.25; done
    sleep 6
    for i in {1..12}; do echo "# $i $(milliseconds_until ${t[$i]} "225.0.0.$i\) .*Iif: eth1")"; done
}
run_claims
