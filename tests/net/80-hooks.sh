#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# The command of -e: when it is called, with what, and that nobody ever waits for it.

. "$(dirname "$0")/lib.sh"
network 1

# hook: standard input becomes the command that the daemon calls.
hook() {
    { echo "#!/bin/sh" && cat; } >hook
    chmod +x hook
    : >calls
}

notes_its_calls() {
    hook <<END
echo "\$# \$1 \$source \$group" >>$PWD/calls
END
}

calls() { [ "$(sed 's/ *$//' calls)" = "$1" ]; }

# A command that ends only when the claim says so, so that nothing here depends on time.
waits_for_release() {
    hook <<END
echo "\$1 \$source \$group" >>$PWD/calls
while [ ! -e $PWD/release ] && [ -d $PWD ]; do sleep 0.05; done
echo "\$1 ended" >>$PWD/ends
END
}

# Zombies are children too. The worker is one that stays.
has_no_children() {
    ! sed '/(smcroute-worker) [^Z]/d; s/.*) //' /proc/[0-9]*/stat 2>/dev/null | grep -q "^[A-Z] $DAEMON "
}

test_called_with_reload_after_the_start_and_after_each_reload() {
    notes_its_calls
    : | config
    start_daemon -e "$PWD/hook"
    poll_until calls "1 reload"
    kill -HUP "$DAEMON"
    poll_until calls "1 reload
1 reload"
    client --reload
    poll_until calls "1 reload
1 reload
1 reload"
}

called_with_install() {
    notes_its_calls
    echo "mroute from eth0 group $2 to eth1" | config
    source=overwritten group=overwritten start_daemon -e "$PWD/hook"
    streams_to r1 "$2" 4
    poll_until grep -qx "1 install $1 $2" calls
    same "number of install calls" "$(grep -c install calls)" 1
}
test_called_with_install_source_and_group_for_a_stream_of_an_ipv4_rule() {
    called_with_install $S4 $G4
}
test_called_with_install_source_and_group_for_a_stream_of_an_ipv6_rule() {
    called_with_install $S6 $G6
}

test_not_called_for_exact_routes_and_blocked_streams() {
    notes_its_calls
    start_daemon -e "$PWD/hook"
    client -a eth0 $S4 $G4 eth1
    send $G6
    poll_until kernel_has "$S6 $G6 eth0 ->"
    client -a eth0 225.9.9.9 eth1
    send 225.9.9.9
    poll_until grep -q install calls
    same "install calls" "$(grep install calls)" "1 install $S4 225.9.9.9"
}

test_a_command_that_does_not_end_delays_neither_client_nor_stream_nor_reload() {
    waits_for_release
    : | config
    start_daemon -e "$PWD/hook"
    poll_until grep -q reload calls
    local before=$EPOCHREALTIME
    client -a eth0 $G4 eth1 -a eth0 $G6 eth1
    streams_to r1 $G4 4
    streams_to r1 $G6 4
    client --reload
    echo "# client, two new streams and reload beside a hanging command:" \
        "$(((${EPOCHREALTIME/./} - ${before/./}) / 1000)) ms"
    not test -e ends
    touch release
    poll_until grep -q "install $S6 $G6" calls
}

test_a_command_that_sleeps_5_seconds_does_not_delay_the_start() {
    hook <<END
sleep 5
touch $PWD/slept
END
    start_daemon -e "$PWD/hook"
    client -a eth0 $S4 $G4 eth1
    streams_to r1 $G4 3
    not test -e slept
}

test_calls_come_one_at_a_time_in_order() {
    waits_for_release
    start_daemon -e "$PWD/hook"
    poll_until grep -q reload calls
    client -a eth0 $G4 eth1
    streams_to r1 $G4 4
    listen r1 $G4 -n 3
    send $G4 --spoof 172.16.0.1 --sources 3
    heard r1
    same "calls while the first runs" "$(wc -l <calls)" 1
    touch release
    poll_until has_lines calls 5
    same "calls" "$(sed 's/ *$//' calls)" "reload
install $S4 $G4
install 172.16.0.1 $G4
install 172.16.0.2 $G4
install 172.16.0.3 $G4"
}
has_lines() { [ "$(wc -l <"$1")" = "$2" ]; }

test_reloads_that_wait_fold_into_one() {
    waits_for_release
    : | config
    start_daemon -e "$PWD/hook"
    poll_until grep -q reload calls
    client --reload --reload --reload
    client --reload
    client --reload
    touch release
    poll_until has_lines ends 2
    poll_until has_no_children
    same "number of calls" "$(wc -l <calls)" 2
}

# Calls that waited went with the worker: whoever takes over knows nothing of them.
test_a_command_that_runs_when_the_worker_dies_is_not_run_beside_itself() {
    waits_for_release
    : | config
    start_daemon -e "$PWD/hook"
    poll_until grep -q reload calls
    local before
    before=$(worker)
    strike "$before"
    poll_until another_worker_is_ready "$before"
    client --reload
    if [ ${#wrap[@]} = 0 ]; then
        before=$(worker)
        client --upgrade
        poll_until another_worker_is_ready "$before"
        client --reload
    fi
    same "calls while the first runs" "$(wc -l <calls)" 1
    touch release
    poll_until has_lines ends 2
    poll_until has_no_children
    same "number of calls" "$(wc -l <calls)" 2
}
another_worker_is_ready() { [ "$(worker)" != "$1" ] && "$SMCROUTE" --show status; }

test_a_non_zero_status_is_logged() {
    hook <<END
exit 3
END
    start_daemon -e "$PWD/hook"
    poll_until grep -qE 'hook.*\b3\b' $SYSLOG
}

test_a_command_that_cannot_be_run_is_logged_and_no_harm() {
    start_daemon -e /nonexistent/hook
    poll_until grep -q /nonexistent/hook $SYSLOG
    client -a eth0 $S4 $G4 eth1
    streams_to r1 $G4 3
}

test_no_process_is_left_after_a_call() {
    notes_its_calls
    : | config
    start_daemon -e "$PWD/hook"
    client --reload
    client --reload
    poll_until grep -q reload calls
    poll_until has_no_children
}

test_the_command_gets_none_of_the_sockets_of_the_daemon() {
    hook <<END
readlink /proc/self/fd/* >$PWD/descriptors
touch $PWD/written
END
    start_daemon -e "$PWD/hook"
    poll_until test -e written
    not grep -q socket descriptors
}

test_the_daemon_ends_while_its_command_hangs() {
    waits_for_release
    start_daemon -e "$PWD/hook"
    poll_until grep -q reload calls
    stop_daemon
    nothing_left
    touch release
}

run_claims
