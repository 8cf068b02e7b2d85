#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# -F FILE --live: the file judged by the machine, without packets and without a daemon.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/why.sh"
network 2

# judged STATUS VERDICTS: what "live.conf", from standard input, is said to lack, a line each.
judged() {
    cat >live.conf
    run "$1" "$SMCROUTE" -F live.conf --live
    same "verdicts ($(cat out))" "$(sed -n 's/^  \([a-z-]*\): .*/\1/p' out | xargs)" "$2"
}

test_a_file_that_this_machine_can_carry_out_is_good() {
    judged 0 "" <<END
mroute from eth0 source $S4 group $G4 to eth1 eth2
mroute from eth0 source $S6 group $G6 to eth1 eth2
mroute from eth+ group 225.0.0.0/8 to eth1
END
    same "output" "$(cat out err)" ""
}

test_what_stands_in_the_way_is_told_with_its_line() {
    judged 1 "no-vif" <<<"mroute from eth9 group $G4 to eth1"
    tells "live.conf:1: mroute from eth9 group $G4 to eth1"
    judged 1 "outbound-missing" <<<"mroute from eth0 group $G6 to eth1 eth9"
    judged 1 "loops-back" <<<"mroute from eth0 group $G6 to eth1 eth0"
    judged 1 "never-forwarded" <<<"mroute from eth0 group ff02::fb to eth1"
    judged 1 "disabled disabled" <<END
mroute from eth0 group $G4 to eth1
phyint eth0 disable
phyint eth1 disable
END
    ip link set eth1 down
    judged 1 "outbound-down" <<<"mroute from eth0 group $G4 to eth1"
    judged 1 "no-packets" <<<"mroute from eth1 group $G4 to eth2"
    ip link set eth1 up
    await_links
}

test_the_way_back_to_a_source_is_judged() {
    tell_kernel ipv4/conf/eth0/rp_filter 1
    judged 1 "reverse-path" <<<"mroute from eth0 source 10.0.2.77 group $G4 to eth1"
    judged 0 "" <<<"mroute from eth0 source $S4 group $G4 to eth1"
    tell_kernel ipv4/conf/eth0/rp_filter 0
    judged 0 "" <<<"mroute from eth0 source 10.0.2.77 group $G4 to eth1"
}

test_a_pipe_is_read_once() {
    run 1 "$SMCROUTE" -F <(echo "mroute from eth9 group $G4 to eth1") --live
    tells "there is no interface eth9"
}

test_errors_of_the_file_come_first() {
    echo "mroute form eth0" >live.conf
    run 78 "$SMCROUTE" -F live.conf --live
    grep -q '^live.conf:1:' err
    refused 64 --live --show
}

run_claims
