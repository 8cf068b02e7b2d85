#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# A guard that was killed, and no service manager: the worker routes on, says so to whoever asks, and
# the next daemon that starts takes everything over from it. Nobody on the network notices.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/undisturbed.sh"
network 2

[ ${#wrap[@]} = 0 ] || KILLS=3
KILLS=${KILLS:-50}
REMEDY="routing goes on; run 'smcroute -d' (or your service) to restore it, no packet is lost"

workers() {
    cat /proc/[0-9]*/stat 2>/dev/null | awk '$2 == "(smcroute-worker)" && $3 != "Z"' | wc -l
}

# kill_guard: returns when the guard is dead and its worker, ORPHAN, knows that it is alone.
kill_guard() {
    GUARD=$DAEMON
    ORPHAN=$(worker)
    strike "$GUARD"
    poll_until has_ended "$GUARD"
    poll_until grep -qF "[$ORPHAN]: the guard process is gone (pid $GUARD): $REMEDY" $SYSLOG
    DAEMON=
}

# two_processes: a guard and its worker, and nothing of those before.
two_processes() {
    same "workers" "$(workers)" 1
    same "workers of the daemon" "$(worker | wc -l)" 1
    not kill -0 "$GUARD" 2>/dev/null
    same "process in the pid file" "$(cat /run/smcroute.pid)" "$DAEMON"
}

succeed() {
    strike "$DAEMON"
    GUARD=$DAEMON
    start_daemon
}

test_a_guard_killed_fifty_times_beneath_streams_loses_no_packet() {
    local groups
    by_clients
    groups=$("$SMCROUTE" --show groups)
    undisturbed "$KILLS" succeed
    two_processes
    same "groups" "$("$SMCROUTE" --show groups)" "$groups"
    client -r eth0 $S4 $G4
    kernel_lacks $G4
    streams_to r1 225.5.5.6 3
    client -k
    nothing_left
    same "workers" "$(workers)" 0
    not joined eth0 225.7.7.7
    DAEMON=
}

# Without the ages.
shown() {
    "$SMCROUTE" --show routes | awk '{ print $1, $2, $3, $4 }' | sort
    "$SMCROUTE" --show rules
    "$SMCROUTE" --show groups
}

test_what_was_asked_for_and_learned_is_there_after_the_next_start() {
    by_clients
    streams_to r1 225.5.5.5 3
    streams_to r1 ff0e:5::5 3
    # What is in the file by now is for a reload.
    echo "mroute from eth0 source 10.0.0.9 group 225.8.8.8 to eth1" | config
    kill_guard
    client -a eth0 $S4 225.9.9.9 eth1 -j eth0 225.9.9.9 -l eth0 225.7.7.7
    local before
    before=$(shown)
    start_daemon
    grep -q "\[$DAEMON\]: taking over from process $ORPHAN, whose guard is gone$" "$(the_log)"
    same "what is shown" "$(shown)" "$before"
    two_processes
    kernel_has "$S4 225.5.5.5 eth0 -> eth1"
    kernel_has "$S4 225.9.9.9 eth0 -> eth1"
    kernel_lacks 225.8.8.8
    joined eth0 225.9.9.9
    not joined eth0 225.7.7.7
    client --reload
    kernel_has "10.0.0.9 225.8.8.8 eth0 -> eth1"
    kernel_lacks 225.9.9.9
    not joined eth0 225.9.9.9
    stop_daemon
}

test_an_orphan_tells_what_it_is_and_what_to_do() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    local gone word
    run 0 "$SMCROUTE" --show status
    grep -qx 'guard: *runs' out
    kill_guard
    gone="gone (pid $GUARD): $REMEDY"
    run 0 "$SMCROUTE" --show status
    grep -qx "pid: *$ORPHAN" out
    same "guard" "$(sed -n 's/^guard: *//p' out)" "$gone"
    for word in --reload --diff --upgrade; do
        refused 69 $word
        same "reason of $word" "$(cat err)" "smcroute: the guard process is $gone"
    done
    kernel_has "$S4 $G4 eth0 -> eth1"
    client -k
    nothing_left
    same "workers" "$(workers)" 0
}

test_the_remedy_names_the_instance() {
    start_daemon -i other -P /run/smcroute.pid
    kill_guard_of_other
    run 69 "$SMCROUTE" -i other --reload
    grep -qF "run 'smcroute -d -i other' (or your service)" err
    client -i other -k
    # Its pid file was not where the client looks for it.
    rm /run/smcroute.pid
    not test -e /run/other
    DAEMON=
}
kill_guard_of_other() {
    strike "$DAEMON"
    poll_until grep -qF 'the guard process is gone' $SYSLOG
}

test_a_second_daemon_is_told_of_the_first() {
    start_daemon
    local how first=$DAEMON
    for how in "" --single; do
        run 69 "${wrap[@]}" "$SMCROUTE" -d $how
        same "reason" "$(cat err)" "smcroute: cannot start: smcroute runs already (process $first,\
 socket /var/run/smcroute); for another one beside it give it a name and a table of its own (-i NAME -t ID)"
    done
    same "process in the pid file" "$(cat /run/smcroute.pid)" "$first"
    client -a eth0 $S4 $G4 eth1
}

test_a_daemon_of_one_process_says_what_to_do_with_an_orphan() {
    by_clients
    kill_guard
    run 69 "${wrap[@]}" "$SMCROUTE" -d --single
    same "reason" "$(cat err)" "smcroute: cannot start: the worker of a guard that was killed routes on\
 (process $ORPHAN, socket /var/run/smcroute); without --single it is taken over, and -k ends it"
    streams_to r1 $G4 3
    start_daemon
    kernel_has "$S4 $G4 eth0 -> eth1"
    two_processes
}

test_ten_thousand_routes_and_a_thousand_groups_are_taken_over() {
    local routes=10000 groups=1000 since entries
    [ ${#wrap[@]} = 0 ] || routes=100 groups=30
    {
        many_routes $routes
        awk -v count=$groups 'BEGIN { for (i = 0; i < count; i++)
            printf "mgroup from eth0 group 225.20.%d.%d\n", i / 250, i % 250 + 1 }'
    } | config
    start_daemon
    entries=$(mroutes | sort)
    same "entries" "$(wc -l <<<"$entries")" $routes
    kill_guard
    follow
    since=$EPOCHREALTIME
    start_daemon
    echo "# with $routes routes and $groups groups a start took $(milliseconds_since "$since") ms"
    end_following
    two_processes
    same "entries that were written or deleted" "$(grep -cF 225.9.9.9 changes || true)" 0
    same "entries" "$(mroutes | sort)" "$entries"
    same "groups" "$("$SMCROUTE" --no-heading --show groups | wc -l)" $groups
    same "groups in the kernel" "$(ip maddr show dev eth0 | grep -c ' 225\.20\.')" $groups
    client -k
    nothing_left
    not joined eth0 225.20.0.1
    DAEMON=
}

# ---- One that cannot be asked ----

# A worker that was stopped before its guard died has not even found out.
stop_and_kill() {
    GUARD=$DAEMON
    ORPHAN=$(worker)
    kill -STOP "$ORPHAN"
    strike "$GUARD"
    poll_until has_ended "$GUARD"
}

test_an_orphan_that_is_stopped_is_copied_and_no_packet_lost() {
    by_clients
    undisturbed 2 succeed_a_stopped_one
    [ "$(grep -c 'does not answer: its descriptors are copied$' "$(the_log)")" = 2 ]
    client -r eth0 $S4 $G4
    kernel_lacks $G4
    streams_to r1 225.5.5.6 3
    client -k
    nothing_left
    not joined eth0 225.7.7.7
    DAEMON=
}
succeed_a_stopped_one() {
    stop_and_kill
    start_daemon
    two_processes
    grep -q "the worker that was left (process $ORPHAN) does not answer" "$(the_log)"
}

test_an_orphan_that_stopped_later_is_copied_too() {
    by_clients
    kill_guard
    kill -STOP "$ORPHAN"
    start_daemon
    two_processes
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_has "$S6 $G6 eth0 -> eth1"
}

test_an_orphan_whose_socket_is_gone_is_found_by_what_it_holds() {
    by_clients
    kill_guard
    rm /run/smcroute
    start_daemon
    two_processes
    kernel_has "$S4 $G4 eth0 -> eth1"
    client -r eth0 $S4 $G4
}

# without_ptrace COMMAND...: as root in a container.
without_ptrace() {
    setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace true 2>/dev/null || skip "no capabilities here"
    local wrap=(setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace)
    "$@"
}

test_an_orphan_that_answers_is_taken_over_without_rights_to_look_into_it() {
    by_clients without_ptrace start_daemon
    undisturbed 2 succeed_without_ptrace
    two_processes
    kernel_has "$S4 $G4 eth0 -> eth1"
    not grep -q 'does not answer' "$(the_log)"
}
succeed_without_ptrace() { without_ptrace succeed; }

test_an_orphan_that_can_neither_be_asked_nor_copied_is_ended_and_the_file_loaded_anew() {
    by_file
    client -a eth0 $S4 225.8.8.8 eth1
    kill_guard
    kill -STOP "$ORPHAN"
    without_ptrace start_daemon
    two_processes
    same "warning" "$(sed -n 's/.*: \(the worker that was left.*\)/\1/p' "$(the_log)")" "the worker that was left\
 (process $ORPHAN) does not answer and its descriptors cannot be copied: it is ended, and\
 /etc/smcroute.conf loaded anew; what clients asked for and streams that were learned are lost"
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_lacks 225.8.8.8
    streams_to r1 225.5.5.6 3
}

# Nothing tells whose it is.
test_one_that_can_neither_be_asked_nor_recognized_is_left_alone_and_told() {
    by_clients
    stop_and_kill
    without_ptrace run 69 setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace "$SMCROUTE" -n
    same "reason" "$(cat err)" "smcroute: cannot start: the worker of a guard that was killed does not\
 answer (socket /var/run/smcroute), and we may not look into it; end it (pkill -KILL smcroute-worker) and\
 start again"
    kill -CONT "$ORPHAN"
    start_daemon
    two_processes
    kernel_has "$S4 $G4 eth0 -> eth1"
}

test_a_daemon_whose_worker_is_stopped_is_no_orphan() {
    by_clients
    local pid
    pid=$(worker)
    kill -STOP "$pid"
    run 69 "${wrap[@]}" "$SMCROUTE" -d
    same "reason" "$(cat err)" "smcroute: cannot start: the daemon does not answer (process $DAEMON,\
 socket /var/run/smcroute); end it (kill -KILL) and start again"
    kill -CONT "$pid"
    client -r eth0 $S4 $G4
    same "worker" "$(worker)" "$pid"
}

# ---- Who may have it ----

test_an_orphan_hands_nothing_over_to_others() {
    as() { setpriv "--reuid=$1" "--regid=$2" --clear-groups "${@:3}"; }
    as 65533 65532 true 2>/dev/null || skip "no second user here"
    start_daemon -p 65531:65530 --group 65532
    chmod 666 /run/smcroute
    hand_over 69
    same "reason" "$(cat err)" "smcroute: stdin:1: the daemon runs (process $DAEMON)"
    kill_guard
    hand_over 77 as 65533 65532
    same "reason of a reader" "$(cat err)" "smcroute: stdin:1: hand-over: only root may change what runs\
 (group 65532 may only read)"
    hand_over 77 as 65533 65530
    same "reason of anybody" "$(cat err)" "smcroute: user 65533 may not control this daemon"
    hand_over 77 as 65531 65530
    same "reason of its user" "$(cat err)" \
        "smcroute: stdin:1: hand-over: only root may take over from this daemon"
    # For root there are descriptors as well, which this client leaves where they are.
    hand_over 0
    same "what there is to have" "$(cat out)" "ipv4-table-default
ipv6-table-default
control
journal
ledger
memberships-1"
    client -a eth0 $S4 $G4 eth1
    streams_to r1 $G4 3
    start_daemon -p 65531:65530
    two_processes
}
hand_over() {
    echo hand-over >words
    local status=0
    "${@:2}" "$SMCROUTE" --batch >out 2>err <words || status=$?
    same "exit status" $status "$1"
}

# ---- Starts that fail ----

# fails_to_take_over STATUS OPTION...: the orphan goes on as before, and can be taken over by another.
fails_to_take_over() {
    run "$1" "${wrap[@]}" "$SMCROUTE" -d "${@:2}"
    client -a eth0 $S4 225.6.6.6 eth1
    streams_to r1 $G4 3
    test -S /run/smcroute
    "$SMCROUTE" --show status | grep -qx "pid: *$ORPHAN"
}

test_a_start_that_fails_leaves_the_orphan_as_it_was() {
    by_clients
    kill_guard
    fails_to_take_over 64 -p nosuchuser
    grep -q 'there is no user "nosuchuser"' "$(the_log)"
    start_daemon
    two_processes
    kernel_has "$S4 225.6.6.6 eth0 -> eth1"
}

test_two_that_start_at_once_do_not_both_take_over() {
    local round status other
    by_clients
    for ((round = 0; round < 10; ++round)); do
        strike "$DAEMON"
        GUARD=$DAEMON
        "$PEST" keep ended "${wrap[@]}" "$SMCROUTE" -d >first.err 2>&1 </dev/null &
        other=$!
        status=0
        "$PEST" keep ended "${wrap[@]}" "$SMCROUTE" -d >second.err 2>&1 </dev/null || status=$?
        [ $status = 0 ] || same "status" $status 69
        wait $other || status=$((status + $?))
        same "status of both" $status 69
        DAEMON=$(cat /run/smcroute.pid)
        two_processes
    done
    kernel_has "$S4 $G4 eth0 -> eth1"
}

run_claims
