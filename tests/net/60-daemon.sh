#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# The daemon's life: start, readiness, a taken table, missing rights, signals and the end. And the
# command line that decides about it.

. "$(dirname "$0")/lib.sh"
network 1

test_d_and_a_command_a_hundred_times_in_a_row_without_a_pause() {
    local rounds=100 round
    [ ${#wrap[@]} = 0 ] || rounds=5
    for ((round = 0; round < rounds; ++round)); do
        "$PEST" keep ended "${wrap[@]}" "$SMCROUTE" -d >out 2>err &&
            "$SMCROUTE" -a eth0 1.2.3.4 $G4 eth1 >>out 2>>err
        same "what was said in round $round" "$(cat out err)" ""
        kernel_has "1.2.3.4 $G4 eth0 -> eth1"
        client -k
    done
    not grep -vq ' exit 0$' ended
}

test_d_reports_ready_with_file_socket_and_pid_file_in_place() {
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    start_daemon
    kernel_has "$S4 $G4 eth0 -> eth1"
    test -S /var/run/smcroute
    same "mode of the socket" "$(stat -c %a /var/run/smcroute)" 600
    test -d "/proc/$(cat /var/run/smcroute.pid)"
    same "what was said" "$(cat daemon.out daemon.err)" ""
}

test_commands_given_with_d_are_done_when_it_reports_ready() {
    start_daemon -a eth0 $S4 $G4 eth1 -j eth0 $G6
    kernel_has "$S4 $G4 eth0 -> eth1"
    joined eth0 $G6
}

test_the_daemon_leaves_the_terminal_and_the_directory() {
    start_daemon
    same "working directory" "$(readlink "/proc/$DAEMON/cwd")" /
    local fd
    for fd in 0 1 2; do
        same "descriptor $fd" "$(readlink "/proc/$DAEMON/fd/$fd")" /dev/null
    done
    [ "$(cut -d' ' -f6 "/proc/$DAEMON/stat")" != "$(cut -d' ' -f6 /proc/self/stat)" ]
}

# As init scripts, configuration management and $(...) start it.
test_who_reads_what_d_says_sees_the_end_when_it_is_ready() {
    local how
    for how in "" --single; do
        # shellcheck disable=SC2086 # none, or one
        "$PEST" keep ended "${wrap[@]}" "$SMCROUTE" -d $how 2>&1 </dev/null | timeout 60 cat >said
        same "start, and end of what was said" "${PIPESTATUS[*]}" "0 0"
        same "what was said" "$(cat said)" ""
        DAEMON=$(cat /run/smcroute.pid)
        stop_daemon
    done
}

ends_clean_by() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1 -j eth0 $G4 -j eth0 $G6
    kill "-$1" "$DAEMON"
    ended_well
    nothing_left
    not joined eth0 $G4
    not joined eth0 $G6
}
# descriptors: of the daemon's first process, what they are.
descriptors() { find "/proc/$DAEMON/fd" -printf '%l\n'; }

test_what_was_open_at_the_start_is_closed_but_for_the_file_if_it_is_that() {
    local how
    for how in "" --single; do
        # shellcheck disable=SC2086 # none, or one
        start_daemon $how -f <(echo "mroute from eth0 source $S4 group $G4 to eth1") 7>lock 8< <(true)
        kernel_has "$S4 $G4 eth0 -> eth1"
        same "descriptors of files" "$(descriptors | grep -c "^$PWD/")" 0
        same "pipes" "$(descriptors | grep -c '^pipe:')" 1
        run 78 "$SMCROUTE" --reload
        grep -qE ': cannot read /dev/fd/[0-9]+ again: it is not a regular file$' err
        stop_daemon
    done
}

test_term_removes_everything_and_ends_with_status_0() { ends_clean_by TERM; }
test_int_removes_everything_and_ends_with_status_0() { ends_clean_by INT; }

test_k_returns_when_everything_is_gone() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1 -j eth0 $G4
    client -k
    nothing_left
    not joined eth0 $G4
    ended_well
}

# outlives_every_signal PID EXCEPTION...: but for what ends, stops or marks a bug.
outlives_every_signal() {
    local pid=$1 number spared=" KILL STOP TSTP TTIN TTOU SEGV BUS FPE ILL TRAP ABRT ${*:2} "
    for ((number = 1; number <= 64; ++number)); do
        [[ "$spared" != *" $(kill -l $number) "* ]] || continue
        kill "-$number" "$pid"
        client -a eth0 $S6 $G6 eth1
        not has_ended "$pid"
    done
}

test_no_signal_ends_guard_or_worker_but_those_that_are_for_it() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    local pid
    pid=$(worker)
    outlives_every_signal "$pid"
    outlives_every_signal "$DAEMON" HUP TERM INT USR2
    same "worker" "$(worker)" "$pid"
    streams_to r1 $G4 3
    client -k
    ended_well
}

test_no_signal_ends_a_daemon_of_one_process_but_those_that_are_for_it() {
    start_daemon --single
    client -a eth0 $S4 $G4 eth1
    outlives_every_signal "$DAEMON" HUP TERM INT
    streams_to r1 $G4 3
    client -k
    ended_well
}

# It reads its file from a pipe that nobody writes into yet.
two_have_ended_well() { [ "$(grep -c ' exit 0$' ended)" = 2 ]; }
test_no_signal_ends_a_daemon_that_is_starting() {
    local words pid
    for words in -n "-n --single"; do
        mkfifo held.conf
        # shellcheck disable=SC2086 # the words are words
        "$PEST" keep ended "$SMCROUTE" $words -f "$PWD/held.conf" 2>daemon.err </dev/null &
        exec 7<>held.conf
        poll_until grep -qx 1 /proc/sys/net/ipv4/conf/all/mc_forwarding
        pid=$(daemon_below $!)
        kill -QUIT "$pid"
        kill -USR1 "$pid"
        exec 7>&-
        poll_until test -s /run/smcroute.pid
        client -k
        rm held.conf
    done
    poll_until two_have_ended_well
}

test_a_second_daemon_exits_69_names_the_holder_and_the_first_does_not_notice() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    local before
    before=$(what_the_first_shows)
    run 69 "${wrap[@]}" "$SMCROUTE" -d
    same "lines on standard error" "$(wc -l <err)" 1
    grep -qw "$DAEMON" err
    [ ${#wrap[@]} != 0 ] || sed 's/^smcroute: //' err | grep -qw smcroute
    same "pid file" "$(cat /run/smcroute.pid)" "$DAEMON"
    test -S /run/smcroute
    kernel_has "$S4 $G4 eth0 -> eth1"
    client -a eth0 $S6 $G6 eth1
    streams_to r1 $G4 3
    streams_to r1 $G6 3
    same "pid file and log" "$(what_the_first_shows)" "$before"
}
what_the_first_shows() {
    stat -c %y /run/smcroute.pid
    grep -F "[$DAEMON]" "$(the_log)" | grep -v '<3[01]>' || true
}

test_a_second_daemon_in_the_foreground_exits_69_too() {
    start_daemon
    run 69 "${wrap[@]}" "$SMCROUTE" -n
    test -S /run/smcroute
    client -a eth0 $S4 $G4 eth1
}

test_a_daemon_of_another_network_does_not_take_a_live_socket() {
    start_daemon
    not in_ns r1 "${wrap[@]}" "$SMCROUTE" -d 2>err
    test -s err
    same "pid file" "$(cat /run/smcroute.pid)" "$DAEMON"
    client -a eth0 $S4 $G4 eth1
    kernel_has "$S4 $G4 eth0 -> eth1"
}

test_what_a_killed_daemon_left_is_replaced() {
    start_daemon
    local pid
    pid=$(worker)
    strike "$DAEMON" "$pid"
    poll_until daemon_gone
    poll_until gone "$pid"
    test -S /run/smcroute
    start_daemon
    client -a eth0 $S4 $G4 eth1
    streams_to r1 $G4 3
}

test_what_a_killed_daemon_of_one_process_left_is_replaced() {
    start_daemon --single -a eth0 $S4 $G4 eth1 -j eth0 $G4
    strike "$DAEMON"
    poll_until daemon_gone
    same "the kernel's table" "$(mroutes)" ""
    not joined eth0 $G4
    test -S /run/smcroute
    start_daemon --single
    client -a eth0 $S4 $G4 eth1
    streams_to r1 $G4 3
}

# With so many entries that to be rid of them takes longer than to look for them.
test_a_killed_guard_leaves_the_routing_to_its_worker_until_k() {
    {
        echo "mroute from eth0 source $S4 group $G4 to eth1"
        awk 'BEGIN { for (i = 0; i < 20000; ++i)
            printf "mroute from eth0 source 10.9.%d.%d group 225.9.9.9 to eth1\n", i / 250, i % 250 }'
    } | config
    start_daemon
    local pid left
    pid=$(worker)
    client -j eth0 $G4
    strike "$DAEMON"
    poll_until daemon_gone
    poll_until grep -q "<27>.*\[$pid\]: the guard process is gone (pid" $SYSLOG
    client -a eth0 $G6 eth1 -j eth0 $G6
    joined eth0 $G6
    streams_to r1 $G4 3
    streams_to r1 $G6 3
    kernel_has "$S4 $G4 eth0 -> eth1"
    "$SMCROUTE" -k
    mapfile -t left </proc/net/ip_mr_cache  # at once, without another process
    same "the kernel's table" "$(mroutes)" ""
    not joined eth0 $G4
    same "lines of the kernel's table when -k returned" ${#left[@]} 1
    gone "$pid"
    nothing_left
    start_daemon
    streams_to r1 $G4 3
}

test_missing_cap_net_raw_is_status_77_and_one_line() {
    setpriv --bounding-set=-net_raw --inh-caps=-net_raw true 2>/dev/null || skip "no setpriv"
    run 77 setpriv --bounding-set=-net_raw --inh-caps=-net_raw "${wrap[@]}" "$SMCROUTE" -d
    same "lines on standard error" "$(wc -l <err)" 1
    grep -q '^smcroute: .*CAP_NET_RAW' err
    nothing_left
}

test_a_user_without_rights_gets_77_from_daemon_and_client() {
    local user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    "${user[@]}" test -x "$SMCROUTE" 2>/dev/null || skip "no second user here"
    run 77 "${user[@]}" "$SMCROUTE" -d
    same "lines on standard error" "$(wc -l <err)" 1
    start_daemon
    run 77 "${user[@]}" "$SMCROUTE" -a eth0 $S4 $G4 eth1
    same "lines on standard error" "$(wc -l <err)" 1
    grep -q '^smcroute: ' err
    same "the kernel's table" "$(mroutes)" ""
}

test_without_a_daemon_the_client_tries_for_a_while_and_exits_69() {
    local before=$SECONDS
    refused 69 -a eth0 $S4 $G4 eth1
    [ $((SECONDS - before)) -ge 2 ]
}

test_a_client_that_comes_before_the_daemon_is_served() {
    {
        trap - ERR EXIT
        set +eE
        "$SMCROUTE" -a eth0 $S4 $G4 eth1 >early.out 2>&1
        echo $? >early.status
    } &
    start_daemon
    poll_until test -s early.status
    [ ${#wrap[@]} = 0 ] || return 0
    same "status of the client" "$(cat early.status)" 0
    kernel_has "$S4 $G4 eth0 -> eth1"
}

test_process_1_stays_in_the_foreground() {
    unshare -pf --mount-proc true 2>/dev/null || skip "no nested process namespace"
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    "$PEST" keep ended unshare -pf --mount-proc "${wrap[@]}" "$SMCROUTE" -d \
        2>daemon.err </dev/null &
    poll_until test -s /run/smcroute.pid
    same "process id inside" "$(cat /run/smcroute.pid)" 1
    kernel_has "$S4 $G4 eth0 -> eth1"
    kill -0 $!
    streams_to r1 $G4 3
    client -k
    poll_until grep -q ' exit 0$' ended
    nothing_left
}

# daemon_below PID: the last of the line of its only children, but for the worker.
daemon_below() {
    local pid=$1 child
    while child=$(sed '/(smcroute-worker)/d; s/ (.*) . / /' /proc/[0-9]*/stat 2>/dev/null |
        awk -v parent="$pid" '$2 == parent { print $1 }') && [ -n "$child" ]; do
        pid=$child
    done
    echo "$pid"
}

test_process_1_ends_on_term() {
    unshare -pf --mount-proc true 2>/dev/null || skip "no nested process namespace"
    "$PEST" keep ended unshare -pf --mount-proc "${wrap[@]}" "$SMCROUTE" -d \
        2>daemon.err </dev/null &
    poll_until test -s /run/smcroute.pid
    kill -TERM "$(daemon_below $!)"
    poll_until grep -q ' exit 0$' ended
    nothing_left
}

# In a container made of `sh -c "... && smcroute -d"`, which ends with the shell.
test_a_shell_as_process_1_is_warned_of() {
    unshare -pf --mount-proc true 2>/dev/null || skip "no nested process namespace"
    # shellcheck disable=SC2016 # for the shell inside
    unshare -pf --mount-proc sh -c '"$SMCROUTE" -d 2>err; "$SMCROUTE" -k; exit'
    same "what is said" "$(cat err)" "smcroute: warning: process 1 is a shell: when it ends, the\
 container and this daemon end too ('exec smcroute -n' as its last command goes on)"
}

test_help_and_version_go_to_standard_output() {
    local word
    for word in -h --help; do
        run 0 "$SMCROUTE" $word
        grep -qi usage out
        same "standard error" "$(cat err)" ""
    done
    for word in -v --version; do
        run 0 "$SMCROUTE" $word
        same "lines of $word" "$(wc -l <out)" 1
        grep -q '[0-9]\.[0-9]' out
        same "standard error" "$(cat err)" ""
    done
    run 0 "$SMCROUTE" -h
    for word in -d -n -N -f -e -L -s -v -h -k -a -r -j -l; do
        grep -qE -- "(^|[^a-zA-Z-])$word([^a-zA-Z]|$)" out
    done
}

test_no_arguments_print_the_usage_on_standard_error_with_status_64() {
    run 64 "$SMCROUTE"
    same "standard output" "$(cat out)" ""
    grep -qi usage err
}

test_wrong_usage_is_status_64_and_one_line_with_the_wrong_word() {
    refused 64 --nonsense
    grep -qF -- --nonsense err
    refused 64 -y
    grep -qF -- -y err
    refused 64 -d -L noisy
    grep -qF noisy err
    refused 64 -d -f
    grep -qF -- -f err
    refused 64 stray
    grep -qF stray err
    nothing_left
}

test_a_wrong_command_is_refused_and_its_wrong_word_named() {
    start_daemon
    local words
    for words in "-a eth0 10.0.0.2 10.0.0.3 eth1/10.0.0.3" "-a eth0 300.1.2.3 $G4 eth1/300.1.2.3" \
        "-a eth0 fd00::2 $G4 eth1/" "-j eth0 10.0.0.2/10.0.0.2" "-a eth0/" "-j eth0/"; do
        # shellcheck disable=SC2086 # the words are words
        not "$SMCROUTE" ${words%/*} >out 2>err
        same "lines for ${words%/*}" "$(wc -l <err)" 1
        grep -q '^smcroute: ' err
        grep -qF -- "${words##*/}" err
    done
    same "the kernel's table" "$(mroutes)" ""
}

test_three_routes_need_little_memory() {
    [ ${#wrap[@]} = 0 ] || skip "says nothing under ${wrap[0]}"
    start_daemon -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1 -a eth0 225.9.9.9 eth1
    local pid private
    for pid in "$DAEMON" "$(worker)"; do
        private=$(awk '/^Private/ { sum += $2 } END { print sum }' "/proc/$pid/smaps_rollup")
        echo "# memory of $(cat "/proc/$pid/comm") with three routes:" \
            "$(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status") kB resident, $private kB of them private"
        [ "$private" -gt 0 ]
    done
}

# What the load needed besides is given back.
test_a_static_route_needs_little_memory() {
    is_plain || skip "says nothing with a sanitizer"
    local empty full
    start_daemon
    empty=$(memory)
    stop_daemon
    many_routes 100000 | config
    start_daemon
    full=$(memory)
    echo "# a static route needs $(((full - empty) * 1024 / 100000)) bytes"
    [ $((full - empty)) -le $((60 * 100000 / 1024)) ]
    client --reload
    [ $(($(memory) - empty)) -le $((60 * 100000 / 1024)) ]
}

# The last claim, because the addresses of this network do not survive it.
test_a_kernel_with_ipv6_disabled_does_not_hinder_ipv4() {
    local name
    for name in all default eth0 eth1; do
        tell_kernel ipv6/conf/$name/disable_ipv6 1
    done
    [ "$(cat /proc/sys/net/ipv6/conf/eth0/disable_ipv6)" = 1 ] || skip "cannot disable IPv6 here"
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 source $S6 group $G6 to eth1
mgroup from eth0 group $G4
END
    start_daemon
    client -a eth0 225.6.6.6 eth1
    kernel_has "$S4 $G4 eth0 -> eth1"
    joined eth0 $G4
    streams_to r1 $G4 5
    streams_to r1 225.6.6.6 4
}

test_a_socket_where_nothing_can_be_written_is_no_fault_of_the_system() {
    mkdir ro
    mount -t tmpfs -o ro tmpfs ro
    local remedy="(ReadWritePaths= of the service says where it may be)"
    run 77 env INVOCATION_ID=1 "$SMCROUTE" -n -u "$PWD/ro/socket"
    same "reason" "$(cat err)" \
        "smcroute: cannot listen on $PWD/ro/socket: Read-only file system $remedy"
    run 77 env INVOCATION_ID=1 "$SMCROUTE" -n -P "$PWD/ro/pid"
    umount ro
    grep -qxF "smcroute: cannot write pid file $PWD/ro/pid: Read-only file system $remedy" err
}

run_claims
