#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Many commands over one connection: --batch reads them from a file or standard input.

. "$(dirname "$0")/lib.sh"
network 2

test_a_batch_file_is_carried_out_line_by_line() {
    start_daemon
    cat >commands <<-END
		# a comment, and an empty line

		add eth0 $S4 $G4 eth1
		-a eth0 $S6 $G6 eth1    # dashes are fine too
		join eth0 $G4
		remove eth0 $S6 $G6
	END
    client --batch commands
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_lacks "$G6"
    joined eth0 $G4
    streams_to r1 $G4 4
}

test_a_batch_from_standard_input_is_obeyed_as_it_comes() {
    start_daemon
    mkfifo feed
    "$SMCROUTE" --batch <feed >answers 2>complaints &
    exec 9>feed
    echo "add eth0 $S4 $G4 eth1" >&9
    poll_until kernel_has "$S4 $G4 eth0 -> eth1"
    echo "add eth0 $S4 $G4 eth2" >&9
    poll_until kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    echo "show routes $G4" >&9
    poll_until grep -q "^$S4 *$G4 .* eth1,eth2 " answers
    # What does not end in a command does not keep the answer to the one before.
    printf 'remove eth0 225.9.9.9\n# and\nadd' >&9
    poll_until grep -qx "smcroute: stdin:4: there is no mroute from eth0 group 225.9.9.9" complaints
    exec 9>&-
    local status=0
    wait $! || status=$?
    same "exit status" $status 1
    same "the last complaint" "$(tail -n 1 complaints)" \
        "smcroute: stdin:6: add: missing the inbound interface"
}

test_answers_and_errors_are_in_the_order_of_the_lines() {
    start_daemon
    printf '%s\n' "show routes" wait "show groups" "leave eth0 $G4" "show pending" |
        "$SMCROUTE" --batch >both 2>&1 || true
    same "what is printed" "$(cat both)" "no routes are installed
smcroute: stdin:2: wait cannot be in a batch
no groups are configured
smcroute: stdin:4: there is no mgroup from eth0 group $G4
nothing is pending"
}

test_a_line_that_fails_is_named_and_the_others_are_done() {
    start_daemon
    printf '%s\n' "add eth0 $S4 $G4 eth1" "remove eth0 $S4 225.9.9.9" "add eth0 $G4" \
        "kil" "wait" "add eth0 $S4 225.4.4.4 eth1" >commands
    run 1 "$SMCROUTE" --batch commands
    same "standard error" "$(cat err)" "smcroute: commands:2: there is no mroute from eth0 source $S4 group 225.9.9.9
smcroute: commands:3: add: missing an outbound interface after '$G4'
smcroute: commands:4: unknown command 'kil' (did you mean 'kill'?)
smcroute: commands:5: wait cannot be in a batch"
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_has "$S4 225.4.4.4 eth0 -> eth1"
}

test_a_line_that_cannot_be_sent_is_named_and_the_others_are_done() {
    start_daemon
    printf 'add eth0 %s %s eth1\nadd eth0 %s 225.4.4.4\0 eth1\nadd eth0 %s 225.5.5.5 eth1\n' \
        $S4 $G4 $S4 $S4 >commands
    run 64 "$SMCROUTE" --batch commands
    same "standard error" "$(cat err)" \
        "smcroute: commands:2: control byte 0x00 (only text, spaces and tabs may stand here)"
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_has "$S4 225.5.5.5 eth0 -> eth1"
}

test_a_kill_in_a_batch_returns_when_the_daemon_is_gone() {
    # With so many entries the end takes a while.
    start_daemon
    awk 'BEGIN { for (i = 0; i < 5000; i++)
        printf "add eth0 10.9.%d.%d 225.1.2.3 eth1\n", i / 250, i % 250 + 1
        print "kill    # the last line" }' >commands
    run 0 "$SMCROUTE" --batch commands
    has_ended "$DAEMON"
    same "output" "$(cat out err)" ""
    nothing_left
    ended_well
}

test_what_follows_a_kill_in_a_batch_is_not_carried_out() {
    start_daemon
    printf '%s\n' "-k" "" "# nothing yet" "add eth0 $S4 $G4 eth1" "show" >commands
    run 69 "$SMCROUTE" --batch commands
    has_ended "$DAEMON"
    same "output" "$(cat out)" ""
    same "standard error" "$(cat err)" \
        "smcroute: commands:4: not carried out: the daemon was killed before"
    start_daemon
    printf '%s\n' "leave eth0 $G4" "kill" "show" >commands
    run 1 "$SMCROUTE" --json --batch commands
    same "the last error" "$(tail -n 1 err)" \
        '{"error": "commands:3: not carried out: the daemon was killed before", "status": 69}'
}

test_a_batch_that_cannot_be_read_is_one_line() {
    start_daemon
    refused 71 --batch no/such/file
    same "standard error" "$(cat err)" \
        "smcroute: cannot read no/such/file: No such file or directory"
    refused 71 --batch .
    same "standard error" "$(cat err)" "smcroute: cannot read .: Is a directory"
}

# More than are sent ahead, some of them wrong: each answer is that of its line.
test_answers_to_lines_that_are_sent_ahead_are_those_of_their_lines() {
    start_daemon
    awk 'BEGIN { for (i = 1; i <= 500; i++)
        printf i % 7 ? "add eth0 10.9.1.%d 225.1.2.%d eth1\n" : "remove eth0 10.9.1.%d 225.1.2.%d\n",
            i % 250 + 1, i / 250 + 1 }' >commands
    run 1 "$SMCROUTE" --batch commands
    same "standard output" "$(cat out)" ""
    same "standard error" "$(cat err)" "$(awk '$1 == "remove" {
        printf "smcroute: commands:%d: there is no mroute from %s source %s group %s\n", NR, $2, $3, $4
    }' commands)"
}

test_ten_thousand_adds_in_one_batch() {
    start_daemon
    local begin
    awk 'BEGIN { for (i = 0; i < 10000; i++)
        printf "add eth0 10.9.%d.%d 225.1.2.3 eth1\n", i / 250, i % 250 + 1 }' >commands
    begin=$(date +%s%N)
    client --batch commands
    echo "# 10,000 adds in $((($(date +%s%N) - begin) / 1000000)) ms"
    same "entries" "$(ip mroute show | wc -l)" 10000
}

run_claims
