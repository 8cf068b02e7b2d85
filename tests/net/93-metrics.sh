#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# --metrics: OpenMetrics text, judged by a checker of that format.

. "$(dirname "$0")/lib.sh"
network 2

# metrics: leaves them in the file "out", good as the checker says.
metrics() {
    run 0 "$SMCROUTE" --metrics
    same "standard error" "$(cat err)" ""
    well_formed out
}

# well_formed FILE
well_formed() {
    awk -f "$ROOT/tests/net/openmetrics.awk" "$1" >offences || fail "$(cat offences)"
    same "last byte" "$(tail -c 1 "$1" | od -An -tx1)" " 0a"
}

has() {
    grep -qxF -- "$1" out || fail "no line '$1' in $(cat out)"
}

route_labels="iif=\"eth0\""

test_counters_are_those_of_the_kernel() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1 eth2 -j eth0 $G4
    send $G4 -n 7
    send $G6 -n 5
    poll_until [ "$(packets_of $S4 $G4)" = 7 ]
    metrics
    has "smcroute_route_packets_total{source=\"$S4\",group=\"$G4\",$route_labels} 7"
    has "smcroute_route_packets_total{source=\"$S6\",group=\"$G6\",iif=\"eth0\"} 5"
    has "smcroute_group_memberships{source=\"*\",group=\"$G4\",interface=\"eth0\"} 1"
    has "smcroute_routes 2"
    has "smcroute_build_info{version=\"$("$SMCROUTE" -v | cut -d ' ' -f 2)\"} 1"
    grep -qE '^smcroute_interface_slot\{interface="eth0",family="IPv4"\} [0-9]+$' out
    grep -qE '^smcroute_interface_slot\{interface="eth2",family="IPv6"\} [0-9]+$' out
}

test_streams_upcalls_and_reloads_are_counted() {
    config <<-END
		mroute from eth0 group $G4 to eth1
	END
    start_daemon
    send $G4 -n 3
    send 225.9.9.9 -n 3
    client --reload
    metrics
    has "smcroute_learned 1"
    has "smcroute_blocked 1"
    has "smcroute_rules 1"
    has "smcroute_reloads_total 1"
    has "smcroute_upcalls_total 2"
    has "smcroute_route_packets_total{source=\"$S4\",group=\"$G4\",$route_labels} 3"
    has "smcroute_route_packets_total{source=\"$S4\",group=\"225.9.9.9\",iif=\"eth0\"} 3"
}

test_an_idle_daemon_has_metrics_too() {
    start_daemon -N
    metrics
    has "smcroute_routes 0"
    same "samples of routes" "$(grep -c '^smcroute_route_' out || true)" 0
}

test_odd_interface_names_are_escaped() {
    ip link add 'a"b\c' type veth peer name odd0
    ip link set 'a"b\c' up multicast on
    start_daemon
    client -a 'a"b\c' $S4 $G4 eth1
    metrics
    grep -qF 'smcroute_interface_slot{interface="a\"b\\c",family="IPv4"} ' out
    ip link del 'a"b\c'
}

test_ten_thousand_routes_are_told_in_full() {
    start_daemon
    awk 'BEGIN { for (i = 0; i < 10000; ++i)
        printf "add eth0 10.9.%d.%d 225.1.2.3 eth1\n", i / 250, i % 250 + 1 }' >commands
    client --batch commands
    metrics
    same "samples" "$(grep -c '^smcroute_route_packets_total' out)" 10000
}

# names_in FILE: the metrics that it speaks of.
names_in() { grep -oE 'smcroute_[a-z0-9_]+' "$ROOT/conf/$1" | sort -u; }

test_the_dashboard_and_the_alerts_name_metrics_and_labels_that_there_are() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    metrics
    sed -n 's/^\(smcroute_[a-z0-9_]*\)[{ ].*/\1/p' out >names
    sed -n 's/^# TYPE \(smcroute_[a-z0-9_]*\) counter/\1_total/p; s/^# TYPE \(smcroute_[a-z0-9_]*\) gauge/\1/p' out >>names
    local file label
    for file in grafana.json alerts.yml; do
        [ "$(names_in $file | wc -l)" -gt 4 ] || fail "$file names too few metrics"
        same "unknown in $file" "$(names_in $file | grep -vxF -f names || true)" ""
    done
    # shellcheck disable=SC2016 # a pattern
    grep -ohE '\$labels\.[a-z]+|\{\{[a-z]+\}\}' "$ROOT/conf/alerts.yml" "$ROOT/conf/grafana.json" |
        sed 's/.*\.//' | tr -d '{}' | sort -u >labels
    [ "$(wc -l <labels)" -gt 3 ]
    while read -r label; do
        # That one is the collector's.
        [ "$label" = instance ] || grep -q "[{,]$label=" out || fail "there is no label $label"
    done <labels
    "$PEST" json <"$ROOT/conf/grafana.json" >keys
}

test_without_a_daemon_nothing_is_printed() {
    refused 69 --metrics
}

test_metrics_need_a_running_daemon_and_no_arguments() {
    refused 64 -d --metrics
    same "message" "$(cat err)" "smcroute: --metrics needs a running daemon: call it after -d"
    refused 64 --metrics routes
    same "message" "$(cat err)" "smcroute: --metrics: unexpected 'routes'"
    run 64 "$SMCROUTE" --json --metrics
    same "message" "$(cat err)" '{"error": "--metrics has a format of its own: leave out --json", "status": 64}'
    start_daemon
    echo metrics >commands
    run 64 "$SMCROUTE" --batch commands
    same "message" "$(cat err)" "smcroute: commands:1: metrics cannot be in a batch"
}

test_the_script_in_the_manual_answers_a_web_client() {
    start_daemon
    sed -n '/^text=.*--metrics/,/^\.Ed/p' "$ROOT/man/smcroute.8" |
        sed -e '/^\.Ed/d' -e 's/\\e/\\/g' >serve
    mkdir bin
    ln -s "$SMCROUTE" bin/smcroute
    printf 'GET /metrics HTTP/1.1\r\nHost: router\r\n\r\n' | PATH="$PWD/bin:$PATH" sh serve >answer
    same "first line" "$(head -n 1 answer)" $'HTTP/1.0 200 OK\r'
    sed $'1,/^\r$/d' answer >out
    well_formed out
    has "smcroute_routes 0"
}

# found OFFENCE TEXT: the checker reports exactly this of the text, which is printf's.
found() {
    # shellcheck disable=SC2059 # the format is the text
    printf "$2" >broken
    not awk -f "$ROOT/tests/net/openmetrics.awk" broken >offences
    same "what the checker says of '$2'" "$(cat offences)" "$1"
}

test_the_checker_finds_what_is_wrong() {
    local c='# TYPE a counter\n' g='# TYPE a gauge\n'
    printf '# TYPE a_bytes counter\n# UNIT a_bytes bytes\n# HELP a_bytes Text.\na_bytes_total{x="",y="\\"\\\\\\n"} 1.5e+3\n# EOF\n' >good
    well_formed good
    found '2: no # EOF at the end' "${g}a 1\n"
    found '4: something after # EOF' "${g}a 1\n# EOF\n\n"
    found '2: no sample: ' "$g\n# EOF\n"
    found '2: sample a in family a' "${c}a 1\n# EOF\n"
    found '2: sample b in family a' "${g}b 1\n# EOF\n"
    found '2: a has no type' "# HELP a Text.\na 1\n# EOF\n"
    found '1: counter family a_total ends in _total' '# TYPE a_total counter\n# EOF\n'
    found '1: bad type of a' '# TYPE a count\n# EOF\n'
    found '1: bad metric name 1a' '# TYPE 1a gauge\n# EOF\n'
    found '2: second TYPE of a' "${g}${g}# EOF\n"
    found '2: a does not end in its unit' "${g}# UNIT a bytes\n# EOF\n"
    found '3: HELP of a after its samples' "${g}a 1\n# HELP a Text.\n# EOF\n"
    found '4: family a again' "${g}# TYPE b gauge\nb 1\n# HELP a Text.\n# EOF\n"
    found '2: bad escape in the help of a' "${g}# HELP a a\\\\\\\\\\\\tb\n# EOF\n"
    found '3: series a{x="1"} again' "${g}a{x=\"1\"} 1\na{x=\"1\"} 2\n# EOF\n"
    found '2: label x twice in a{x="1",x="2"} 1' "${g}a{x=\"1\",x=\"2\"} 1\n# EOF\n"
    found '2: bad label of a: x="1\2"} 1' "${g}a{x=\"1\\\\2\"} 1\n# EOF\n"
    found '2: bad labels of a: 2"} 1' "${g}a{x=\"1\"2\"} 1\n# EOF\n"
    found '2: bad label of a: x-y="1"} 1' "${g}a{x-y=\"1\"} 1\n# EOF\n"
    found '2: bad value in a one' "${g}a one\n# EOF\n"
    found '2: bad value in a  1' "${g}a  1\n# EOF\n"
    found '2: negative counter a_total' "${c}a_total -1\n# EOF\n"
}

run_claims
