#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# --show: what the daemon tells of the kernel's counters and of where entries come from, for people
# and as JSON; that long answers harm neither streams nor other clients; and that `--show config` is
# a configuration.

. "$(dirname "$0")/lib.sh"
network 2

# row SOURCE GROUP: that row of the table in "out", without its age, with single spaces.
row() {
    awk -v from="$1" -v group="$2" '$1 == from && $2 == group { $8 = ""; $0 = $0; $1 = $1; print }' out
}

# with_any_age: the tables in "out", in which each age is AGE.
with_any_age() { sed -E "s/ +$AGE / AGE /" out; }

# age GROUP: for how many seconds its one entry has been there.
age() { "$SMCROUTE" --json --show routes "$1" | sed -n 's/.*"age_s": \([0-9]*\),.*/\1/p'; }

# is_documented_json WHAT COUNT: "out" is JSON with that many objects, as the manual says of WHAT.
is_documented_json() {
    "$PEST" json <out >objects
    same "objects that are not as the manual says of $1" "$(grep -vxE "$(documented "$1")" objects || true)" ""
    same "number of objects of $1" "$(wc -l <objects)" "$2"
}

test_routes_are_shown_with_counters_and_where_they_come_from() {
    config <<-END
		mroute from eth0 source $S4 group $G4 to eth1
		mroute from eth0 source $S6 group $G6 to eth1 eth2
		include more.conf
	END
    printf '\n\nmroute from eth0 group 225.3.0.0/16 to eth1\n' >/etc/more.conf
    start_daemon
    client -a eth0 $S4 225.4.4.4 eth2
    streams_to r1 $G4 4
    streams_to r1 $G6 5
    streams_to r1 225.3.3.3 3
    silent_at r1 225.5.5.5
    run 0 "$SMCROUTE" --show
    same "standard error" "$(cat err)" ""
    same "number of lines" "$(wc -l <out)" 7
    same "heading" "$(head -n 1 out | xargs)" \
        "SOURCE GROUP IIF OIFS PACKETS BYTES WRONG AGE ORIGIN STATE"
    local bytes
    bytes=$(row $S4 $G4 | awk '{ print $6 }')
    [ "$bytes" -gt 112 ]
    same "bytes in the kernel" "$(ip -s mroute show | grep -A 1 -F "($S4,$G4)" | awk '$2 == "packets," { print $3 }')" "$bytes"
    without_state() { sed -E "s/ (arrives|silent $AGE)$//"; }
    same "a line's entry" "$(row $S4 $G4 | without_state)" \
        "$S4 $G4 eth0 eth1 4 $bytes 0 smcroute.conf:1"
    same "an IPv6 entry" "$(row $S6 $G6 | sed 's/ 5 [0-9]* 0 / /' | without_state)" \
        "$S6 $G6 eth0 eth1,eth2 smcroute.conf:2"
    same "a command's entry" "$(row $S4 225.4.4.4)" \
        "$S4 225.4.4.4 eth0 eth2 0 0 0 client no packet yet"
    same "a learned entry" "$(row $S4 225.3.3.3 | sed 's/ 3 [0-9]* 0 / /' | without_state)" \
        "$S4 225.3.3.3 eth0 eth1 more.conf:3"
    same "a blocked entry" "$(row $S4 225.5.5.5 | sed 's/ 3 [0-9]* / /')" \
        "$S4 225.5.5.5 eth0 - 0 - blocked: no rule"
    same "a rule" "$(row '*' 225.3.0.0/16)" "* 225.3.0.0/16 eth0 eth1 - - - more.conf:3 rule, 1 stream"
}

test_entries_have_an_age_that_a_change_of_their_interfaces_does_not_count_for() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    [ "$(age $G4)" -lt 60 ]
    older() { [ "$(age $G4)" -ge 2 ]; }
    poll_until older
    client -a eth0 $S4 225.4.4.4 eth1 -a eth0 $S4 $G4 eth2
    older
    [ "$(age 225.4.4.4)" -lt "$(age $G4)" ]
    run 0 "$SMCROUTE" --show routes $G4
    awk 'NR == 2 { print $8 }' out | grep -qxE '[2-9]s|[1-5][0-9]s|1m'
    client -r eth0 $S4 $G4 -a eth0 $S4 $G4 eth1
    [ "$(age $G4)" -le "$(age 225.4.4.4)" ]
}

test_packets_on_another_interface_are_counted_as_wrong() {
    start_daemon
    client -a eth2 $S4 $G4 eth1
    silent_at r1 $G4
    run 0 "$SMCROUTE" --show
    same "the row" "$(row $S4 $G4 | awk '{ print $3, $7 }')" "eth2 3"
}

test_rows_are_those_that_have_all_the_words() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S4 225.1.9.9 eth1 -a eth1 10.0.1.2 225.7.7.7 eth2 \
        -a eth0 $S6 $G6 eth1 -a eth2 225.8.0.0/16 eth0
    shows_groups routes $G4 $G4
    shows_groups routes 225.1.0.0/16 "$G4 225.1.9.9"
    shows_groups routes $G6 $G6
    shows_groups routes eth2 "225.7.7.7 225.8.0.0/16"
    shows_groups routes 10.0.1.0/24 "225.7.7.7 225.8.0.0/16"
    shows_groups routes rule 225.8.0.0/16
    shows_groups routes "no packet yet" "$G4 225.1.9.9 225.7.7.7 $G6"
    shows_groups rules eth2 225.8.0.0/16
    shows_groups rules eth1 ""
    run 0 "$SMCROUTE" --no-heading --show $S4 eth1 225.1.9.0/24
    same "groups with all words" "$(awk '{ print $2 }' out)" 225.1.9.9
    run 0 "$SMCROUTE" --no-heading --show interfaces eth1 IPv6
    same "rows of an interface" "$(awk '{ print $1, $4 }' out)" "eth1 IPv6"
    run 0 "$SMCROUTE" --show routes 239.1.1.1 eth0
    same "what is said of nothing" "$(cat out)" "no routes match '239.1.1.1 eth0'"
    run 0 "$SMCROUTE" --show pending eth7
    same "what is said of nothing" "$(cat out)" "no pending lines match 'eth7'"
    refused 64 --show routes 225.1.2.3/40
    same "message" "$(cat err)" "smcroute: --show: '225.1.2.3/40' is no address, interface or state"
    refused 64 --show status eth0
    refused 64 --show rootes
}

test_json_is_what_the_manual_says() {
    config <<-END
		phyint eth1 ttl-threshold 3
		mgroup from eth0 group $G4
		mgroup from tun0 source $S4 group 232.1.1.1
		mroute from eth0 source $S4 group $G4 to eth1 tun0
		mroute from eth0 source 10.0.0.0/24 except 10.0.0.9 group 225.3.0.0/16 to eth1
		mroute from eth+ group ff05::/16
	END
    start_daemon
    streams_to r1 225.3.3.3 3
    silent_at r1 ff05::7
    silent_at r1 225.5.5.5
    local count=0 what
    for what in routes:6 rates:4 map:2 rules:2 groups:2 interfaces:8 pending:2 status:1 config:6; do
        run 0 "$SMCROUTE" --json --show ${what%:*}
        is_documented_json ${what%:*} ${what#*:}
        : $((++count))
    done
    same "tables in the manual" $count \
        "$(awk -f "$ROOT/tests/man/keys.awk" "$ROOT/man/smcroute.8" | cut -d ' ' -f 1 | grep -vx events | uniq | wc -l)"
    run 0 "$SMCROUTE" --json --show --show status
    "$PEST" json <out >/dev/null
    client -r eth0 $S4 $G4
    run 0 "$SMCROUTE" --json --show routes $G4
    same "JSON of nothing" "$(cat out)" "[]"
}

test_errors_in_json() {
    start_daemon
    run 1 "$SMCROUTE" --json -r eth0 $S4 $G4
    same "output" "$(cat out)" ""
    same "the error" "$(cat err)" \
        "{\"error\": \"there is no mroute from eth0 source $S4 group $G4\", \"status\": 1}"
    same "its keys" "$("$PEST" json <err)" "error=string status=integer"
    stop_daemon
    run 69 "$SMCROUTE" --json --show
    same "keys of the error without a daemon" "$("$PEST" json <err)" "error=string status=integer"
}

test_every_kind_of_command_complains_in_json() {
    start_daemon
    complains() {
        run "$1" "$SMCROUTE" --json "${@:2}"
        same "keys of the error of ${*:2}" "$("$PEST" json <err)" "error=string status=integer"
        grep -q "\"status\": $1}\$" err
    }
    complains 1 -l eth0 $G4
    complains 64 -a eth0
    complains 64 --no-such-option
    complains 71 --batch no/such/file
    client -a tun0 $S4 $G4 eth1
    complains 75 --wait 0
    printf '%s\n' "remove eth0 $S4 225.9.9.9" "kil" >commands
    run 1 "$SMCROUTE" --json --batch commands
    same "the errors of a batch" "$(cat err)" \
        "{\"error\": \"commands:1: there is no mroute from eth0 source $S4 group 225.9.9.9\", \"status\": 1}
{\"error\": \"commands:2: unknown command 'kil' (did you mean 'kill'?)\", \"status\": 64}"
}

test_a_batch_shows_tables_as_a_command_does() {
    start_daemon
    client -a eth0 $S4 225.4.0.0/16 eth1 -a eth0 $S4 $G4 eth1
    printf '%s\n' "show rules" "show" "show config" >commands
    run 0 "$SMCROUTE" --batch commands
    with_any_age >shown
    run 0 "$SMCROUTE" --show rules --show --show config
    same "tables" "$(with_any_age)" "$(cat shown)"
    run 0 "$SMCROUTE" --json --batch commands
    "$PEST" json <out >objects
    same "objects" "$(wc -l <objects)" 5
}

test_a_file_with_errors_is_one_json_error() {
    start_daemon
    config <<<"nonsense \"
mroute from eth0 grup 225.1.2.3"
    run 78 "$SMCROUTE" --json --reload
    same "its keys" "$("$PEST" json <err)" "error=string status=integer"
    grep -q 'smcroute.conf:2:' err
}

test_the_heading_is_bold_on_a_terminal_unless_no_color_is_set() {
    mkdir -p /dev/pts
    mount -t devpts -o newinstance,ptmxmode=666 devpts /dev/pts 2>/dev/null ||
        skip "no pseudo-terminals here"
    [ -e /dev/ptmx ] || ln -s pts/ptmx /dev/ptmx
    command -v script >/dev/null || skip "no script(1) here"
    start_daemon
    client -a eth0 $S4 $G4 eth1
    local bold
    bold=$(printf '\033[1m')
    (unset NO_COLOR && script -qec "'$SMCROUTE' --show" /dev/null) </dev/null >terminal
    grep -qF "${bold}SOURCE" terminal
    same "bold lines" "$(grep -cF "$bold" terminal)" 1
    NO_COLOR=1 script -qec "'$SMCROUTE' --show" /dev/null </dev/null >terminal
    grep -q '^SOURCE' terminal
    same "bold lines with NO_COLOR" "$(grep -cF "$bold" terminal || true)" 0
    (unset NO_COLOR && run 0 "$SMCROUTE" --show)
    grep -q '^SOURCE' out
    same "bold lines in a pipe" "$(grep -cF "$bold" out || true)" 0
    (unset NO_COLOR && script -qec "'$SMCROUTE' --json --show" /dev/null) </dev/null >terminal
    same "bold lines of JSON" "$(grep -cF "$bold" terminal || true)" 0
}

test_showing_ten_thousand_routes_costs_a_stream_nothing() {
    { many_routes 10000 && echo "mroute from eth0 group $G4 to eth1"; } | config
    start_daemon
    local shown
    # Learned before it runs: of what comes meanwhile the kernel keeps a few packets only.
    streams_to r1 $G4 1
    listen r1 $G4
    stream sender $G4 -r 2000
    poll_until received_at_least r1 1
    for ((shown = 0; shown < 20; ++shown)); do
        run 0 "$SMCROUTE" --show
        [ "$(wc -l <out)" -ge 10001 ]
    done
    end_streams
    heard_only r1 first=0 gaps=0
}

# Much of an answer lies in the socket of a client.
much_unread() { ss -xnH | awk '$5 ~ "/run/smcroute$" { sum += $4 } END { exit !(sum > 50000) }'; }

# stop_in_the_middle WHAT: a client is stopped that has had a part of its answer, and the daemon has
# the rest before it.
stop_in_the_middle() {
    local i
    for ((i = 1; i <= 40; ++i)); do
        "$SMCROUTE" --show "$1" >rows &
        CLIENT=$!
        sleep "$(printf '0.%02d' $i)"
        kill -STOP $CLIENT
        sleep 0.1
        much_unread && [ ! -s rows ] && return
        kill -CONT $CLIENT
        wait $CLIENT
    done
    fail "no client could be stopped in the middle"
}

# grows_by_at_most KB SINCE: the daemon's memory, unless a checker adds its own to it.
grows_by_at_most() {
    local now
    now=$(memory)
    echo "# the daemon's memory went from $2 to $now kB"
    ! is_plain || [ $((now - $2)) -le "$1" ]
}

# two_commands GROUP: leaves in MS how long they take.
two_commands() {
    local since=$EPOCHREALTIME
    client -a eth0 $S4 "$1" eth1
    run 0 "$SMCROUTE" --show routes "$1"
    MS=$(milliseconds_since "$since")
}

two_commands_alone() {
    two_commands 225.7.7.7
    ALONE=$MS
    client -r eth0 $S4 225.7.7.7
}

# as_quick_as_before: two commands took, beside a stopped client, not much longer than ALONE.
as_quick_as_before() {
    echo "# beside a stopped client two commands took $MS ms, alone $ALONE"
    [ "$MS" -lt $((100 + 20 * ALONE)) ]
}

test_a_client_that_stops_in_a_hundred_thousand_rows_delays_nobody() {
    many_routes 100000 | config
    start_daemon
    poll_until test "$(ip mroute show | wc -l)" = 100000
    run 0 "$SMCROUTE" --show
    two_commands_alone
    local before
    before=$(memory)
    stop_in_the_middle routes
    two_commands $G4
    same "what another client is shown" "$(row $S4 $G4)" "$S4 $G4 eth0 eth1 0 0 0 client no packet yet"
    streams_to r1 $G4 3
    as_quick_as_before
    grows_by_at_most 1024 "$before"
    much_unread
    kill -CONT $CLIENT
    wait $CLIENT
    [ "$(wc -l <rows)" -ge 100001 ]
}

# What it costs is the buffer, and for each line its place in the order, of less than 64 bytes.
test_a_client_that_stops_in_a_hundred_thousand_lines_of_the_configuration_delays_nobody() {
    many_routes 100000 | config
    start_daemon
    local before
    run 0 "$SMCROUTE" --show routes
    two_commands_alone
    before=$(memory)
    stop_in_the_middle config
    two_commands $G4
    streams_to r1 $G4 3
    as_quick_as_before
    grows_by_at_most $((6400 + 1024)) "$before"
    much_unread
    kill -CONT $CLIENT
    wait $CLIENT
    many_routes 100000 | cmp - rows
}

test_clients_that_read_nothing_cost_a_bounded_buffer_each() {
    many_routes 20000 | config
    start_daemon
    run 0 "$SMCROUTE" --show
    local before word
    before=$(memory)
    word=$(printf -- '--show' | od -An -v -tx1 | tr -d ' ')
    {
        trap - ERR EXIT
        set +eE
        "$PEST" connect /run/smcroute 4 hold "0000000701${word}00" >held
    } &
    poll_until grep -q ready held
    run 0 "$SMCROUTE" --show
    same "number of lines" "$(wc -l <out)" 20001
    grows_by_at_most 2048 "$before"
}

test_what_config_shows_makes_the_same_routes_in_a_fresh_daemon() {
    config <<-END
		phyint eth2 ttl-threshold 4
		mgroup from eth1 group $G4
		mroute from eth0 source $S4 group $G4 to eth2 eth1
		mroute from eth0 group 225.3.0.0/16 to eth1
		mroute from eth1 source 10.0.1.2 group 225.1.2.9 to eth2
		mroute from eth0 source $S6 group $G6 to eth1 eth2
	END
    start_daemon
    client -a eth1 10.0.1.2 225.6.6.6 eth0 eth2 -j eth2 $G6 -r eth0 $S6 $G6 eth2 \
        -a eth0 $S4 225.4.4.4 eth1
    local routes places
    routes=$(mroutes | sort && ip mroute show | sort)
    places=$(vifs 4 && vifs 6)
    run 0 "$SMCROUTE" --show config
    cp out saved
    run 0 "$SMCROUTE" -F saved
    same "what -F says of it" "$(cat out err)" ""
    stop_daemon
    config <saved
    start_daemon
    no_diagnostics
    same "the kernel's routes" "$(mroutes | sort && ip mroute show | sort)" "$routes"
    same "the kernel's interfaces" "$(vifs 4 && vifs 6)" "$places"
    joined eth1 $G4
    joined eth2 $G6
    run 0 "$SMCROUTE" --show config
    cmp out saved
}

test_a_group_or_an_interface_may_stand_alone() {
    start_daemon -a eth0 $S4 $G4 eth1 -a eth1 $S6 $G6 eth0
    local filter
    for filter in $G4 225.0.0.0/8 10.0.0.0/24; do
        run 0 "$SMCROUTE" --no-heading --show $filter
        same "groups with $filter" "$(awk '{ print $2 }' out)" $G4
    done
    for filter in 239.1.1.1 eth7; do
        run 0 "$SMCROUTE" --show $filter
        same "what is said with $filter" "$(cat out)" "no routes match '$filter'"
    done
    refused 64 --show rouets
    same "what is said" "$(cat err)" \
        "smcroute: --show: 'rouets' cannot be shown (did you mean 'routes'?)"
}

test_rules_stand_beside_the_streams() {
    start_daemon
    run 0 "$SMCROUTE" --show
    same "what is said" "$(cat out)" "no routes are installed"
    client -a eth0 $G4 eth1 -a eth8 $G6 eth1
    run 0 "$SMCROUTE" --no-heading --show
    same "rules without a stream" "$(sed 's/  */ /g' out)" \
        "* $G4 eth0 eth1 - - - - client rule, no stream yet
* $G6 eth8 eth1 - - - - client rule, pending: eth8 (missing)"
    streams_to r1 $G4 1
    run 0 "$SMCROUTE" --no-heading --show rule $G4
    same "a rule with a stream" "$(sed 's/  */ /g' out)" "* $G4 eth0 eth1 - - - - client rule, 1 stream"
}

run_claims
