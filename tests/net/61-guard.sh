#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# The guard and its worker: what the worker may do, and that nobody on the network notices when it
# dies, is stopped, or is replaced by another.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/undisturbed.sh"
network 2

[ ${#wrap[@]} = 0 ] || KILLS=3 RELOADS=3
KILLS=${KILLS:-50}
RELOADS=${RELOADS:-20}

# ---- Another worker ----

# kill_worker: returns when the next has taken over.
kill_worker() {
    local before
    before=$(takeovers)
    strike "$(worker)"
    poll_until took_over $((before + 1))
}

test_the_worker_has_no_privileges() {
    start_daemon
    local status
    status=$(cat "/proc/$(worker)/status")
    same "effective capabilities" "$(awk '/^CapEff/ { print $2 }' <<<"$status")" 0000000000000000
    same "permitted capabilities" "$(awk '/^CapPrm/ { print $2 }' <<<"$status")" 0000000000000000
    same "capabilities to inherit" "$(awk '/^CapInh/ { print $2 }' <<<"$status")" 0000000000000000
    same "no_new_privs" "$(awk '/^NoNewPrivs/ { print $2 }' <<<"$status")" 1
}

test_the_worker_is_not_root() {
    setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null || skip "no second user here"
    start_daemon
    not grep -qE '^(Uid|Gid):.*[[:space:]]0([[:space:]]|$)' "/proc/$(worker)/status"
    not grep -qE '^Groups:.*\<0\>' "/proc/$(worker)/status"
}

test_the_worker_may_make_few_system_calls() {
    is_plain || skip "a sanitizer's worker has no filter"
    grep -q '^Seccomp:' /proc/self/status || skip "no seccomp in this kernel"
    start_daemon
    same "filter" "$(awk '/^Seccomp:/ { print $2 }' "/proc/$(worker)/status")" 2
}

test_the_log_tells_of_what_the_kernel_has_not_to_confine_the_worker_with() {
    is_plain || skip "a sanitizer's worker has neither"
    grep -q '^Seccomp:' /proc/self/status || skip "no seccomp in this kernel"
    local wrap lacked
    for lacked in seccomp landlock; do
        wrap=("$PEST" lacking "$lacked")
        start_daemon
        grep -qE "^<29>.* this kernel has no (seccomp and no )?${lacked/landlock/Landlock} to confine\
 the worker: it runs without$" "$(the_log)"
        same "how often" "$(grep -c 'to confine' "$(the_log)")" 1
        kill_worker
        same "how often" "$(grep -c 'to confine' "$(the_log)")" 1
        stop_daemon
        : >$SYSLOG
    done
}

test_a_worker_killed_fifty_times_beneath_streams_loses_no_packet() {
    by_clients
    undisturbed "$KILLS" kill_worker
    same "workers that took over" "$(takeovers)" "$KILLS"
}

test_twenty_reloads_beneath_streams_lose_no_packet() {
    by_file
    undisturbed "$RELOADS" client --reload
}

test_what_clients_asked_for_and_streams_learned_outlive_the_worker() {
    echo "mroute from eth0 group 225.5.0.0/16 to eth1" | config
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 ff0e:5::/64 eth1 -j eth0 225.7.7.7
    streams_to r1 225.5.5.5 3
    streams_to r1 ff0e:5::5 3
    local before
    before=$(shown)
    kill_worker
    same "what is shown" "$(shown)" "$before"
    client -r eth0 $S4 $G4 -r eth0 ff0e:5::/64 -l eth0 225.7.7.7
    kernel_lacks $G4
    not joined eth0 225.7.7.7
    kill_worker
    kernel_lacks $G4
    not joined eth0 225.7.7.7
    streams_to r1 225.5.5.6 3
}
# Without the ages.
shown() {
    "$SMCROUTE" --show routes | awk '{ print $1, $2, $3, $4 }' | sort
    "$SMCROUTE" --show groups
}

# hear_of GROUP: the sender's host counts, in GROUP.live, the messages of IGMP and MLD that name it.
hear_of() {
    in_ns sender "$MCAST" sniff -i eth0 --for 120 --report "$1" --ready "$1.ready" \
        --live "$1.live" >/dev/null 2>&1 &
    poll_until test -e "$1.ready"
}
heard_of() { ! grep -qw reports=0 "$1.live"; }

test_the_worker_dies_and_nobody_on_the_wire_hears_of_its_groups() {
    start_daemon
    client -j eth0 225.7.7.7 -j eth0 10.0.0.9 232.7.7.7 -j eth0 ff0e:7::7 -j eth0 fd00::9 ff3e::7
    show_sources
    local group round sources
    sources=$(tail -n +2 /proc/net/mcfilter /proc/net/mcfilter6)
    # Each change is reported twice, with up to a second before and between.
    sleep 3
    for group in 225.7.7.7 232.7.7.7 ff0e:7::7 ff3e::7 225.7.7.9 ff0e:7::9; do
        hear_of $group
    done
    for round in 1 2 3; do
        kill_worker
    done
    same "members with sources" "$(tail -n +2 /proc/net/mcfilter /proc/net/mcfilter6)" "$sources"
    # The kernel reports all that has changed on an interface at once.
    client -j eth0 225.7.7.9 -j eth0 ff0e:7::9
    poll_until heard_of 225.7.7.9
    poll_until heard_of ff0e:7::9
    for group in 225.7.7.7 232.7.7.7 ff0e:7::7 ff3e::7; do
        not heard_of $group
    done
    client -l eth0 225.7.7.7 -l eth0 10.0.0.9 232.7.7.7 -l eth0 ff0e:7::7 -l eth0 fd00::9 ff3e::7
    for group in 225.7.7.7 232.7.7.7 ff0e:7::7 ff3e::7; do
        poll_until heard_of $group
    done
}

test_workers_that_followed_one_that_ended_are_counted() {
    start_daemon
    local round
    for round in 0 1 2; do
        same "restarts" "$("$SMCROUTE" --metrics | sed -n 's/^smcroute_worker_restarts_total //p')" $round
        kill_worker
    done
    "$SMCROUTE" --show status | grep -qx 'worker restarts: *3'
    stop_daemon
    start_daemon --single
    same "restarts without a guard" "$("$SMCROUTE" --metrics | grep restarts_total || true)" ""
}

test_a_stopped_worker_is_replaced_and_the_streams_flow_meanwhile() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1
    local pid
    pid=$(worker)
    kill -STOP "$pid"
    streams_to r1 $G4 10
    streams_to r1 $G6 10
    poll_until took_over 1
    grep -q 'the worker has been stopped for too long, replacing it' "$(the_log)"
    gone "$pid"
    client -a eth0 $S4 225.9.9.9 eth1
    streams_to r1 225.9.9.9 3
    streams_to r1 $G4 3
}

test_a_worker_that_goes_on_soon_is_not_replaced() {
    start_daemon
    local pid
    pid=$(worker)
    kill -STOP "$pid"
    sleep 0.2
    kill -CONT "$pid"
    client -a eth0 $S4 $G4 eth1
    kill -STOP "$pid"
    sleep 0.2
    kill -CONT "$pid"
    client -a eth0 $S6 $G6 eth1
    sleep 10.5
    same "worker" "$(worker)" "$pid"
}

# ---- A guard that does not answer ----

test_a_stopped_guard_hinders_no_routing_and_is_named() {
    echo "mroute from eth0 group 225.5.0.0/16 to eth1" | config
    start_daemon
    local pid
    pid=$(worker)
    kill -STOP "$DAEMON"
    run 78 "$SMCROUTE" --reload
    same "what is said" "$(cat err)" "/etc/smcroute.conf: error: the guard process (pid $DAEMON) does\
 not answer: 'kill -CONT $DAEMON' lets it go on if it is stopped
smcroute: /etc/smcroute.conf has errors: nothing was changed"
    streams_to r1 225.5.5.5 3
    client -j eth0 $G4 -a eth0 $S6 $G6 eth1
    echo "mroute from eth0 group 225.6.0.0/16 to eth1" | config
    kill -HUP "$DAEMON"
    kill -CONT "$DAEMON"
    streams_to r1 225.6.6.6 3
    same "worker" "$(worker)" "$pid"
}

# ---- While there is no worker ----

# start_with_plans: from then on no_worker makes each worker die before it is ready, until workers_live.
# The kernel's refusal to tell of links stands for any reason.
start_with_plans() {
    can_make_calls_fail
    is_plain || skip "says nothing with a sanitizer"
    mkdir faults
    local wrap=(env "LD_PRELOAD=$FAULTS_LIBRARY" "FAULTS=$PWD/faults")
    start_daemon
}
no_worker() {
    printf '%-15s\n%s\n' 1 "bind:query:- EPERM 1 1000" 1<>faults/plan
    strike "$(worker)"
    poll_until tried 1
}
workers_live() { printf '%-15s\n' 0 1<>faults/plan; }
tries() { grep -c 'cannot follow the network interfaces: Operation not permitted$' "$(the_log)" || true; }
tried() { [ "$(tries)" -ge "$1" ]; }

test_workers_that_die_at_once_are_not_started_in_a_tight_loop() {
    start_with_plans
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1
    no_worker
    sleep 3
    echo "# workers that died at once in three seconds: $(tries)"
    # At 0, 0.1, 0.3, 0.7, 1.5 and 3.1 s.
    tried 2
    not tried 7
    streams_to r1 $G4 10
    streams_to r1 $G6 10
    workers_live
    poll_until took_over 1
    client -a eth0 $S4 225.9.9.9 eth1
    kernel_has "$S4 225.9.9.9 eth0 -> eth1"
}

# ---- What a worker could do to those after it, if no filter of system calls kept it from that ----

# can_be_broken: as root, and where the kernel gives root the descriptors of others.
can_be_broken() {
    start_daemon
    "$PEST" break $$ nothing 2>/dev/null || skip "no pidfd_getfd() here"
}
# is_as_new [LOGGED...]: the next worker serves clients and learns streams, and this has been said.
is_as_new() {
    local line
    kernel_has "$S4 $G4 eth0 -> eth1"
    client -r eth0 $S4 $G4
    kernel_lacks $G4
    streams_to r1 225.5.5.6 3
    streams_to r1 ff0e:5::6 3
    kill_worker
    streams_to r1 225.5.5.7 3
    for line in "$@"; do
        same "times that this was said: $line" "$(grep -c ": $line\$" "$(the_log)")" 1
    done
}

test_a_worker_that_gave_up_the_tables_is_followed_by_one_that_has_them() {
    by_clients can_be_broken
    "$PEST" break "$(worker)" 'done'
    same "routes" "$(mroutes)" ""
    kill_worker
    is_as_new 'the worker has given up the IPv4 multicast routing table: opening it again' \
        'the worker has given up the IPv6 multicast routing table: opening it again'
}

test_a_worker_that_shut_the_control_socket_down_is_followed_by_one_that_listens() {
    by_clients can_be_broken
    "$PEST" break "$(worker)" shut
    kill_worker
    is_as_new 'the worker has shut down the control socket: listening on /var/run/smcroute again'
    stop_daemon
    nothing_left
}

test_a_worker_that_took_nothing_in_is_followed_by_one_that_hears() {
    by_clients can_be_broken
    "$PEST" break "$(worker)" deaf
    kill_worker
    is_as_new
}

test_a_reload_asked_for_while_there_is_no_worker_is_done_by_the_next() {
    start_with_plans
    no_worker
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    kill -HUP "$DAEMON"
    workers_live
    poll_until kernel_has "$S4 $G4 eth0 -> eth1"
}

test_a_reload_that_a_worker_did_not_live_to_begin_is_done_by_the_next() {
    start_daemon
    local pid
    pid=$(worker)
    kill -STOP "$pid"
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    kill -HUP "$DAEMON"
    strike "$pid"
    poll_until kernel_has "$S4 $G4 eth0 -> eth1"
}

test_term_ends_a_daemon_that_has_no_worker() {
    start_with_plans
    client -a eth0 $S4 $G4 eth1 -j eth0 $G4
    no_worker
    stop_daemon
    nothing_left
    not joined eth0 $G4
}

# Stopped on its way, so that it fails only after the daemon was told to end.
test_term_ends_a_daemon_whose_next_worker_cannot_start() {
    start_with_plans
    client -a eth0 $S4 $G4 eth1
    no_worker
    local pid children=/proc/$DAEMON/task/$DAEMON/children
    [ -e $children ] || skip "this kernel does not list the children of a process"
    # Of a line without an end "read" takes the words, and fails.
    until ! read -r pid _ <$children && [ -n "$pid" ] && kill -STOP "$pid" 2>/dev/null; do :; done
    kill -TERM "$DAEMON"
    kill -CONT "$pid"
    ended_well
    DAEMON=
    nothing_left
}

test_term_ends_a_daemon_whose_worker_is_stopped() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 -j eth0 $G4
    kill -STOP "$(worker)"
    stop_daemon
    nothing_left
    not joined eth0 $G4
}

test_a_worker_that_crashes_on_its_way_out_is_no_good_end() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    local pid
    pid=$(worker)
    kill -STOP "$pid"
    kill -TERM "$DAEMON"
    kill -ABRT "$pid"
    kill -CONT "$pid"
    poll_until daemon_gone
    same "how it ended" "$(grep "^$DAEMON " ended)" "$DAEMON exit 71"
    grep -q "<27>.* smcroute\[$DAEMON\]: the worker was killed by signal 6 (Aborted) while it ended$" \
        "$(the_log)"
    DAEMON=
    nothing_left
}

# Many files to ask the guard for, so that the worker is told to end while it waits for one of them.
test_term_ends_a_daemon_that_is_about_to_start() {
    local i status
    mkdir more
    for i in {0..199}; do
        echo "mroute from eth0 group 225.2.2.$i to eth1" >more/$i
    done
    echo "include $PWD/more/*" | config
    for _ in 1 2 3 4 5; do
        status=0
        "$SMCROUTE" -n 2>daemon.err &
        DAEMON=$!
        until [ -n "$(worker)" ]; do :; done
        kill -TERM $DAEMON
        wait $DAEMON || status=$?
        same "exit status" $status 0
        # An ordinary user has no second one for the worker.
        same "what it said" "$(grep -v ': the worker stays the user it is: ' daemon.err)" \
            "smcroute: smcroute is ready
smcroute: terminated, stopping"
    done
    DAEMON=
}

# Signals are read before the line to the worker, which is gone by then.
test_a_client_ends_a_daemon_whose_guard_hears_of_it_late() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    local pid client
    pid=$(worker)
    kill -STOP "$DAEMON"
    kill -HUP "$DAEMON"
    timeout 20 "$SMCROUTE" -k &
    client=$!
    poll_until has_ended "$pid"
    kill -CONT "$DAEMON"
    wait $client
    ended_well
    DAEMON=
}

# ---- Ten thousand routes ----

# routes_of_both COUNT: that many lines, half of them of each family.
routes_of_both() {
    awk -v count="$1" 'BEGIN { for (i = 0; i < count / 2; i++) {
        printf "mroute from eth0 source 10.%d.%d.9 group 225.9.9.9 to eth1\n", 100 + i / 250, i % 250
        printf "mroute from eth0 source fd00:9::%x group ff0e::9 to eth1\n", i + 1 } }'
}

# own_kb PID: what only this process has in memory.
own_kb() {
    awk '/^Private_/ { sum += $2 } END { print sum }' "/proc/$1/smaps_rollup"
}

test_ten_thousand_entries_are_taken_over_as_they_are() {
    local count=10000 since pid private
    [ ${#wrap[@]} = 0 ] || count=100
    routes_of_both $count | config
    start_daemon
    same "entries" "$(mroutes | wc -l)" $count
    if is_plain; then
        private=$(own_kb "$DAEMON")
        echo "# with $count routes the guard has $private kB of its own"
        [ "$private" -le 500 ]
    fi
    follow
    since=$EPOCHREALTIME
    strike "$(worker)"
    run 0 "$SMCROUTE" --show status
    echo "# a command beneath the death of the worker with $count routes took" \
        "$(milliseconds_since "$since") ms"
    poll_until took_over 1
    echo "# another worker had taken over after $(milliseconds_since "$since") ms at most"
    same "entries" "$(mroutes | wc -l)" $count
    # Whatever had been written would have been seen before these.
    client -a eth0 $S4 $G4 eth1 -a eth0 $S6 $G6 eth1
    poll_until grep -qF "($S4,$G4)" changes
    poll_until grep -qF "($S6,$G6)" changes
    end_following
    same "entries that were written or deleted" "$(grep -cE '225\.9\.9\.9|ff0e::9' changes || true)" 0
}

# The sockets of the dead worker still have what was joined on the first interface; to close them, or
# to leave it later, leaves what is joined on the second.
test_groups_of_an_interface_made_anew_by_its_index_while_no_worker_reads_are_joined_again() {
    local again
    for again in same0 other0; do
        ip link add same0 index 777 type veth peer name same1
        ip link set same0 up
        start_daemon
        client -j same0 225.7.7.7 -j same0 ff0e::7:7 -j same0 10.0.0.9 232.7.7.7
        [ $again = same0 ] ||
            run 0 "$SMCROUTE" -j other0 225.7.7.7 -j other0 ff0e::7:7 -j other0 10.0.0.9 232.7.7.7
        all_joined same0
        kill -STOP "$(worker)"
        ip link del same0
        ip link add $again index 777 type veth peer name same1
        ip link set $again up
        kill_worker
        all_joined $again
        # They are joined once, and by sockets that live on.
        kill_worker
        all_joined $again
        client -l $again 225.7.7.7 -l $again ff0e::7:7 -l $again 10.0.0.9 232.7.7.7
        not joined $again 225.7.7.7
        not joined $again ff0e::7:7
        not joined $again 232.7.7.7
        stop_daemon
        ip link del $again
    done
}
all_joined() {
    joined "$1" 225.7.7.7
    joined "$1" ff0e::7:7
    joined "$1" 232.7.7.7
}

run_claims
