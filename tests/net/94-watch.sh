#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# --watch: the live view, in a pseudo-terminal, and its lines elsewhere.

. "$(dirname "$0")/lib.sh"
network 2
mkdir /dev/pts
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts /dev/pts
ln -s pts/ptmx /dev/ptmx
LEAVE=$'\e[?1049l'

# open_watch [SEC]: the live view on a terminal of 24 lines of 80 columns, whose keys are written to
# descriptor 9 and whose output is in the file "typescript". Later "status" has the exit status.
open_watch() {
    rm -f keys status status.new pid terminal typescript
    mkfifo keys
    cat >inside <<-'END'
		trap : INT # comes for all in the foreground
		tty >terminal
		stty rows 24 cols 80
		stty -a >before
		sh -c 'echo $$ >pid; exec "$SMCROUTE" --watch "$@"' - "$@"
		echo $? >status.new
		stty -a >after
		mv status.new status
	END
    SHELL=/bin/sh script -qfc "sh inside $*" typescript <keys >/dev/null 2>&1 &
    VIEW=$!
    exec 9>keys
    poll_until on_screen '^smcroute: '
}

# ends_with STATUS: the view has ended, and the terminal is as it was.
ends_with() {
    poll_until test -e status
    exec 9>&-
    wait "$VIEW"
    same "exit status" "$(cat status)" "$1"
    same "settings of the terminal" "$(cat after)" "$(cat before)"
    not grep -q -e -icanon before
    # The other screen is left, and the cursor is back.
    same "times the screen was left" "$(grep -cF "$LEAVE" typescript)" 1
    same "times the cursor came back" "$(grep -cF $'\e[?25h' typescript)" 1
}

# screen: what the terminal shows now, as plain text.
screen() {
    awk 'BEGIN { RS = "\033\\[H" } { last = $0 } END { print last }' typescript |
        sed -e $'s/\e\\[[0-9;?]*[A-Za-z]//g' -e 's/\r//g'
}

on_screen() { screen | grep -qE -- "$1"; }

# in_row N PATTERN: the Nth stream on the screen.
in_row() { screen | sed -n "$((3 + $1))p" | grep -qE -- "$2"; }

test_busy_streams_come_first_and_silent_and_new_ones_are_marked() {
    start_daemon
    client -a eth0 $S4 225.1.1.1 eth1 -a eth0 $S4 $G4 eth1 eth2 -a eth0 $S6 $G6 eth2
    stream sender $G4 -r 100
    stream sender $G6 -r 10
    open_watch
    poll_until in_row 1 "^ *[0-9.]+k? .* 10.0.0.2 +225.1.2.3 +eth0 +eth1,eth2 +flows +client"
    poll_until in_row 2 " fd00::2 +ff0e::1:2:3 +eth0 +eth2 +flows +client"
    poll_until in_row 3 " 0 +0 .* 10.0.0.2 +225.1.1.1 .* no packet yet "
    on_screen "^smcroute: 3 streams, 0 new, 1 silent, 0 blocked, 0 stuck +[0-9]+:[0-9]+:[0-9]+"
    client -a eth0 $S4 225.4.4.4 eth1
    poll_until on_screen " 225.4.4.4 .* new, no packet yet "
    grep -qF $'\e[1m' typescript
    grep -qF $'\e[2m' typescript
    end_streams
    echo q >&9
    ends_with 0
}

test_without_colours_words_say_it_all() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    NO_COLOR=1 open_watch
    poll_until on_screen " 10.0.0.2 +225.1.2.3 .* no packet yet "
    printf q >&9
    ends_with 0
    not grep -qE $'\e\\[[0-9]+m' typescript
}

test_the_view_follows_the_size_of_the_terminal() {
    start_daemon
    for i in 1 2 3 4 5; do
        client -a eth0 $S4 225.1.2.$i eth1
    done
    open_watch 3600
    poll_until on_screen '225.1.2.5'
    stty rows 6 cols 20 <"$(cat terminal)"
    poll_until on_screen '^1-2 of 5'
    same "lines" "$(screen | wc -l)" 6
    same "lines too long" "$(screen | sed 's/…/./' | grep -cE '[ -~.]{21}' || true)" 0
    on_screen '^PPS.*…$'
    stty rows 24 cols 80 <"$(cat terminal)"
    poll_until on_screen '225.1.2.5 .* client'
    printf q >&9
    ends_with 0
}

test_keys_scroll_filter_sort_pause_and_change_the_interval() {
    start_daemon
    local i
    for i in {1..30}; do
        echo "add eth0 $S4 225.1.2.$i eth1"
    done >commands
    client --batch commands
    open_watch 3600
    poll_until on_screen '^in all .*; every 3600 s, by state' # after a second all the same
    on_screen '^1-20 of 30  q quit'
    printf '\033[6~' >&9
    poll_until on_screen '^11-30 of 30'
    printf 'g/225.1.2.7\r' >&9
    poll_until on_screen "by state, with '225.1.2.7'"
    in_row 1 ' 225\.1\.2\.7 '
    not on_screen ' 225\.1\.2\.8 '
    printf '\033' >&9
    poll_until on_screen '^1-20 of 30'
    printf sp >&9
    poll_until on_screen ', by rate, PAUSED'
    printf 'p-' >&9
    poll_until on_screen '; every 600 s, by rate$'
    printf q >&9
    ends_with 0
}

test_ctrl_c_and_sigterm_leave_the_terminal_as_it_was() {
    start_daemon
    open_watch
    printf '\003' >&9
    ends_with 0
    open_watch
    kill -TERM "$(cat pid)"
    ends_with 0
    open_watch
    kill -HUP "$(cat pid)"
    ends_with 0
}

test_a_daemon_that_goes_away_is_told_on_the_terminal_as_it_was() {
    start_daemon
    open_watch 3600
    client -k
    ends_with 69
    same "after the view" "$(grep -F "$LEAVE" typescript | sed 's/.*\[?1049l//' | tr -d '\r')" \
        "smcroute: the daemon closed the connection"
}

test_a_daemon_that_hangs_holds_nobody() {
    start_daemon
    open_watch
    kill -STOP "$(worker)"
    sleep 1.2 # it is asked, and does not answer
    not test -e status
    printf q >&9
    ends_with 0
    kill -CONT "$(worker)"
}

test_ten_thousand_routes_fit_on_one_screen() {
    start_daemon
    awk 'BEGIN { for (i = 0; i < 10000; ++i)
        printf "add eth0 10.9.%d.%d 225.1.2.3 eth1\n", i / 250, i % 250 + 1 }' >commands
    client --batch commands
    client -a eth0 $S4 $G4 eth1
    open_watch
    stream sender $G4 -r 100
    poll_until in_row 1 " 10.0.0.2 +225.1.2.3 .* flows "
    on_screen '^smcroute: 10001 streams, 0 new, 10000 silent, 0 blocked'
    on_screen '^1-20 of 10001  q quit'
    end_streams
    printf q >&9
    ends_with 0
}

test_elsewhere_there_is_a_line_for_each_interval() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S4 225.1.1.1 eth1
    stream sender $G4 -r 100
    "$SMCROUTE" --watch >lines 2>complaint </dev/null &
    local pid=$!
    has_lines() { [ "$(wc -l <lines)" -ge 2 ]; }
    poll_until has_lines
    end_streams
    same "lines of another form" "$(grep -cvE \
        '^2 streams, 0 new, [12] silent, 0 blocked, 0 stuck, [0-9]+ packets/s, [0-9]+ bit/s$' lines || true)" 0
    grep -qE ' [1-9][0-9]* packets/s, [1-9][0-9]* bit/s$' lines
    client -k
    local status=0
    wait $pid || status=$?
    same "exit status" $status 69
    same "message" "$(cat complaint)" "smcroute: the daemon closed the connection"
}

test_with_json_there_is_an_object_for_each_interval() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1
    "$SMCROUTE" --json --watch >lines 2>complaint </dev/null &
    local pid=$! status=0
    has_lines() { [ "$(wc -l <lines)" -ge 2 ]; }
    poll_until has_lines
    client -k
    wait $pid || status=$?
    same "exit status" $status 69
    # Each line is a whole object, whose keys are those of the manual.
    local keys
    keys=$(sed -n '/^{"streams"/,/}$/p' "$ROOT/man/smcroute.8" | sed 's/\\e$//' | grep -oE '"[a-z_]+":' | xargs)
    same "keys in the manual" "$keys" \
        "streams: new: silent: blocked: stuck: packets_per_s: bits_per_s: rates:"
    while read -r line; do
        [[ $line == '{"streams": 2, "new": 0, "silent": 2, "blocked": 0, "stuck": 0, "packets_per_s": 0, "bits_per_s": 0, "rates": [{'*'}]}' ]]
        sed 's/.*"rates": //; s/}$//' <<<"$line" | "$PEST" json >objects
        same "rates that are not as the manual says" "$(grep -vxE "$(documented rates)" objects || true)" ""
        same "streams" "$(wc -l <objects)" 2
    done <lines
    same "keys of the error" "$("$PEST" json <complaint)" "error=string status=integer"
}

test_with_json_a_terminal_is_left_as_it_is() {
    start_daemon
    SHELL=/bin/sh script -qfc "'$SMCROUTE' --json --watch" typescript </dev/null >/dev/null 2>&1 &
    local pid=$!
    poll_until grep -q '"streams": 0, ' typescript
    client -k
    wait $pid || true
    same "screens" "$(grep -c $'\e' typescript || true)" 0
}

test_the_interval_is_checked() {
    refused 64 --watch 0
    same "message" "$(cat err)" "smcroute: --watch: '0' is not an interval (1 to 3600 seconds)"
    refused 64 --watch soon
    refused 64 --watch 1 2
    refused 64 -d --watch
    same "message" "$(cat err)" "smcroute: --watch needs a running daemon: call it after -d"
}

run_claims
