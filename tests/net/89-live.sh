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

test_json_has_the_lines_with_their_verdicts() {
    cat >live.conf <<END
mroute from eth9 group $G4 to eth1
mroute from eth0 group $G4 to eth1 eth2
mroute from eth0 group 225.0.0.9 to eth9
END
    run 1 "$SMCROUTE" -F live.conf --live --json
    local remedies='["ip -br link lists those that are there; correct the name in the line"]'
    same "JSON" "$(cat out)" "{\"ok\": false, \"lines\": [
{\"line\": \"live.conf:1: mroute from eth9 group $G4 to eth1\", \"verdicts\": [\"no-vif\"], \"remedies\": $remedies},
{\"line\": \"live.conf:3: mroute from eth0 group 225.0.0.9 to eth9\", \"verdicts\": [\"outbound-missing\"], \"remedies\": $remedies}
]}"
    run 0 "$SMCROUTE" -F <(echo "mroute from eth0 group $G4 to eth1") --live --json
    same "JSON" "$(cat out)" '{"ok": true, "lines": []}'
}

test_json_has_the_errors_and_warnings_of_the_file() {
    printf '%s\n' "mroute form eth0" "mroute from eth0 group $G4 to eth0" >live.conf
    run 78 "$SMCROUTE" -F live.conf --json
    grep -qE '^\{"error": "live.conf:1:8: error: .*", "status": 78\}$' err
    grep -qE '^\{"warning": "live.conf:2.* warning: .*"\}$' err
    same "lines" "$(wc -l <err)" 2
    run 78 "$SMCROUTE" -F none.conf --json
    same "the error" "$(cat err)" '{"error": "cannot read none.conf: no such file", "status": 78}'
}

test_errors_of_the_file_come_first() {
    echo "mroute form eth0" >live.conf
    run 78 "$SMCROUTE" -F live.conf --live
    grep -q '^live.conf:1:' err
    refused 64 --live --show
}

run_claims
