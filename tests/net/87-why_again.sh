#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# --why again: pairs of faults, no false alarm, and its output for programs.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/why.sh"
network 2

# ---- Two faults at once ----

test_pairs_of_faults_are_both_told() {
    routes eth1
    start_daemon
    both_streams -t 1
    ip link set eth1 down
    says_both "outbound-down ttl-too-low"
    ip link set eth1 up
    routes eth1 eth9
    client --reload
    says_both "ttl-too-low outbound-missing"
    routes eth1
    echo "phyint eth1 disable" >>/etc/smcroute.conf
    client --reload
    says_both "disabled ttl-too-low"
    routes eth0 eth1
    client --reload
    says_both "loops-back ttl-too-low"
    end_streams
    both_streams
    ip link set eth1 down
    says_both "loops-back outbound-down"
    routes eth9 eth1
    client --reload
    says_both "outbound-down outbound-missing"
    ip link set eth0 down
    says_both "no-packets outbound-down outbound-missing"
    ip link set eth0 up
    ip link set eth1 up
    end_streams
    await_links
}

test_pairs_with_what_comes_before_the_routing() {
    routes eth1
    both_streams -t 1
    says_both "no-daemon ttl-too-low"
    start_daemon
    tell_kernel ipv4/conf/eth0/rp_filter 1
    client -a eth0 10.0.2.77 $G4 eth1
    stream sender $G4 -r 100 --spoof 10.0.2.77 -t 1
    says "reverse-path ttl-too-low" 10.0.2.77
    ip link set eth1 down
    says "reverse-path outbound-down ttl-too-low" 10.0.2.77
    ip link set eth1 up
    tell_kernel ipv4/conf/eth0/rp_filter 0
    end_streams
    await_links
}
# ---- No false alarm ----

test_a_thousand_streams_of_a_healthy_router_are_a_count() {
    config <<END
mroute from eth0 group 225.20.0.0/16 to eth1
mroute from eth0 group ff0e:20::/32 to eth1
END
    start_daemon
    stream sender 225.20.0.1 --groups 700 -r 1400
    stream sender ff0e:20::1 --groups 300 -r 600
    poll_until learned_all 1000
    run 0 "$SMCROUTE" --seconds 3 --why
    same "what --why says" "$(cat out)" "1000 streams flow"
    same "standard error" "$(cat err)" ""
    run 0 "$SMCROUTE" --seconds 3 --why 225.20.0.1
    same "streams of one group" "$(grep -c ' flows from eth0 ' out)" 1
    end_streams
}
learned_all() { [ "$(mroutes | wc -l)" -ge "$1" ]; }

test_of_many_streams_that_do_not_flow_most_have_a_line_each() {
    local k
    for ((k = 1; k <= 60; ++k)); do
        echo "mroute from eth0 source $S4 group 225.30.0.$k to eth1"
    done | config
    start_daemon
    run 1 "$SMCROUTE" --seconds 1 --why
    same "streams" "$(grep -c '^(.*: nothing arrives$' out)" 60
    same "of which told in full" "$(verdicts_of_text | grep -c '^no-packets$')" 50
    run 1 "$SMCROUTE" --seconds 1 --why 225.30.0.0/24
    same "told in full if asked for" "$(verdicts_of_text | grep -c '^no-packets$')" 60
}

test_another_table_is_looked_at_if_the_daemon_uses_it_or_it_is_named() {
    routes eth1
    ip mrule add iif eth0 lookup 100
    ip -6 mrule add iif eth0 lookup 100
    start_daemon -t 100
    both_streams
    says_both forwarded
    ip link set eth1 down
    says_both outbound-down
    ip link set eth1 up
    run 0 "$SMCROUTE" -t 100 --seconds 1 --why $G4
    run 1 "$SMCROUTE" -t 99 --seconds 1 --why $G4
    grep -qE '^    entry +none$' out
    end_streams
    ip mrule del iif eth0 lookup 100
    ip -6 mrule del iif eth0 lookup 100
    await_links
}

test_silence_where_nothing_is_asked_for_is_no_fault() {
    config <<<"mroute from eth0 group 225.20.0.0/16 to eth1"
    start_daemon
    run 0 "$SMCROUTE" --seconds 1 --why
    same "what --why says" "$(cat out)" "no line asks for a stream, and none arrives that a line covers"
    says no-packets 225.20.0.9
}

# ---- Who may ask, and how ----

test_json_has_the_evidence_and_the_verdicts_in_order() {
    routes eth1 eth9
    start_daemon
    both_streams -t 1
    run 1 "$SMCROUTE" --json --seconds 1 --why
    "$PEST" json <out >objects
    same "kinds of objects" "$(sort -u objects)" "$(
        cat <<'END'
name=string packets_out=integer
ok=false streams=array
source=string group=string iif=string packets_in=integer oifs=array verdicts=list remedies=list
END
    )"
    grep -qF '"iif": "eth0", "packets_in": ' out
    grep -qF '{"name": "eth1", "packets_out": 0}, {"name": "eth9", "packets_out": 0}' out
    same "verdicts" "$(grep -cF '"verdicts": ["ttl-too-low", "outbound-missing"]' out)" 2
    end_streams
    both_streams
    client -r eth0 $S4 $G4 eth9 -r eth0 $S6 $G6 eth9
    run 0 "$SMCROUTE" --json --seconds 1 --why
    grep -qxF '{"ok": true, "streams": [' out
    same "verdicts" "$(grep -cF '"verdicts": ["forwarded"]' out)" 2
    end_streams
    run 0 "$SMCROUTE" --json --seconds 1 --why lo
    same "nothing" "$(cat out)" '{"ok": true, "streams": []}'
}

test_who_is_not_allowed_to_watch_is_told() {
    run 77 setpriv --bounding-set -net_raw --inh-caps -net_raw "$SMCROUTE" --seconds 1 --why
    grep -q '^smcroute: cannot watch packets (run this as root): ' err
    run 77 setpriv --bounding-set -net_raw --inh-caps -net_raw "$SMCROUTE" --json --trace
    grep -q '^{"error": "cannot watch packets' err
}

test_wrong_words_are_refused() {
    refused 64 --why eth0 $S4 $G4 eth1
    refused 64 --why $S6 $G4
    refused 64 --why --show
    refused 64 -d --why
    refused 64 --seconds 0 --why
    start_daemon
    echo "why eth0" >lines
    run 64 "$SMCROUTE" --batch lines
    grep -qxF "smcroute: lines:1: why cannot be in a batch" err
}

run_claims
