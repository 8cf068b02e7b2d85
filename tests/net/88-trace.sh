#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# --trace: what arrives, and the lines to route it by.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/why.sh"
network 1

# traced: the rows of the last --trace, without the rates, and without what hosts send by themselves.
traced() { awk 'NR > 1 && $1 !~ /^fe80::/ { $6 = $7 = ""; print }' out | tr -s ' '; }

test_trace_lists_what_arrives_and_which_line_covers_it() {
    config <<<"mroute from eth0 group $G4 to eth1"
    both_streams -t 9
    stream sender 224.0.0.251 -r 100
    run 0 "$SMCROUTE" --seconds 1 --trace
    same "streams without a daemon" "$(traced)" "$(
        cat <<END
$S4 224.0.0.251 eth0 16 92 - never forwarded
$S4 $G4 eth0 9 92 - smcroute.conf:1: mroute from eth0 group $G4 to eth1
$S6 $G6 eth0 9 112 - -
END
    )"
    start_daemon
    run 0 "$SMCROUTE" --seconds 1 --trace 225.0.0.0/8
    same "streams by a prefix" "$(traced)" \
        "$S4 $G4 eth0 9 92 - smcroute.conf:1: mroute from eth0 group $G4 to eth1"
    run 0 "$SMCROUTE" --seconds 1 --trace eth1
    same "streams of another inbound" "$(cat out)" "no multicast stream arrives"
    run 0 "$SMCROUTE" --seconds 1 --json --trace eth0 $G6
    same "keys" "$("$PEST" json <out)" "source=string group=string iif=string ttl=integer size=integer packets_per_s=integer bits_per_s=integer vlan=null line=null"
    end_streams
}

test_trace_tells_the_rate_and_the_vlan() {
    stream sender $G4 -r 100 --spoof $S4 --vlan 7
    run 0 "$SMCROUTE" --seconds 2 --trace
    awk -v group=$G4 '$2 == group && $6 >= 50 && $6 <= 110 && $7 > 36000 && $8 == 7 { found = 1 }
        END { exit !found }' out
    end_streams
}

# Copied into the file, with the outbound in its place, they route the streams.
test_trace_gives_lines_for_what_no_line_covers() {
    config </dev/null
    start_daemon
    both_streams
    stream sender 224.0.0.251 -r 100
    run 0 "$SMCROUTE" --seconds 1 --config --trace
    same "lines" "$(cat out)" "$(
        cat <<END
# In place of OIF, write where each stream is to go.
mroute from eth0 source $S4 group $G4 to OIF
mroute from eth0 source $S6 group $G6 to OIF
END
    )"
    sed 's/OIF$/eth1/' out >/etc/smcroute.conf
    client --reload
    says_both forwarded
    run 0 "$SMCROUTE" --seconds 1 --config --trace
    same "nothing more" "$(cat out)" "# no stream arrives that no line covers"
    end_streams
}

run_claims
