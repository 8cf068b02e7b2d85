#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# What a service manager is told by sd_notify: ready, reloading, stopping, how things are, and signs
# of life. And that a daemon without work sleeps.

. "$(dirname "$0")/lib.sh"
network 1

# under_manager [OPTION...]: a daemon in the foreground, whose messages come to the file "told".
under_manager() {
    listen_as_manager
    NOTIFY_SOCKET=$PWD/manager start_in_foreground "$@"
}
listen_as_manager() {
    : >told
    "$PEST" notify "$PWD/manager" told &
    MANAGER=$!
    poll_until test -S manager
}

# What was told, without the times; also without the signs of life, and what is to be kept.
told() { cut -d' ' -f2- told | grep -vE '^(WATCHDOG=1$|FDSTORE)' || true; }
told_is() { [ "$(told)" = "$1" ]; }
# told_next PATTERN...: since the last call exactly one message for each pattern was told, in this
# order.
told_next() {
    local pattern
    expected=$((TOLD + $#))
    poll_until told_enough
    same "number of messages" "$(told | wc -l)" $expected
    for pattern in "$@"; do
        TOLD=$((TOLD + 1))
        told | sed -n ${TOLD}p | grep -qxE "$pattern" ||
            fail "message $TOLD is '$(told | sed -n ${TOLD}p)', not '$pattern'"
    done
}
told_enough() { [ "$(told | wc -l)" -ge $expected ]; }
TOLD=0

two_routes() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 source $S6 group $G6 to eth1 late0
mgroup from eth0 group $G4
END
}
RELOADING='RELOADING=1 MONOTONIC_USEC=[0-9]+'
READY_2='READY=1 STATUS=2 routes, 1 pending, 1 group'

test_ready_and_the_status_are_told_once() {
    two_routes
    under_manager
    told_next "$READY_2"
    kernel_has "$S4 $G4 eth0 -> eth1"
    test -s /run/smcroute.pid
    client -k
    told_next 'STOPPING=1'
    ended_well
}

test_a_daemon_in_the_background_tells_it_too() {
    two_routes
    listen_as_manager
    NOTIFY_SOCKET=$PWD/manager start_daemon
    told_next "$READY_2"
    stop_daemon
    told_next 'STOPPING=1'
}

# is_told_of_reload COMMAND...: by COMMAND; the time told lies between the last message and its own.
is_told_of_reload() {
    local asked began came
    asked=$(tail -n 1 told | cut -d' ' -f1)
    "$@"
    told_next "$RELOADING" "$READY_3"
    began=$(told | sed -n $((TOLD - 1))p | sed 's/.*MONOTONIC_USEC=//')
    came=$(grep "MONOTONIC_USEC=$began" told | cut -d' ' -f1)
    [ "$asked" -lt "$began" ] || fail "the reload began at $began, before it was asked for"
    [ "$began" -le "$came" ] || fail "the reload began at $began, but was told at $came"
}
READY_3='READY=1 STATUS=3 routes, 1 pending, 0 groups'
three_routes() {
    two_routes
    sed -i /mgroup/d /etc/smcroute.conf
    echo "mroute from eth0 group 225.9.9.9 to eth1" >>/etc/smcroute.conf
}

test_a_reload_by_hup_is_told_with_its_time_and_its_end() {
    two_routes
    under_manager
    told_next "$READY_2"
    three_routes
    is_told_of_reload kill -HUP "$DAEMON"
    kernel_has "$S6 $G6 eth0 -> eth1"
}

test_a_reload_by_the_client_is_told_just_so() {
    two_routes
    under_manager
    told_next "$READY_2"
    three_routes
    is_told_of_reload client --reload
}

test_a_refused_reload_ends_with_ready_too() {
    two_routes
    under_manager
    told_next "$READY_2"
    echo "mroute from nowhere" | config
    local refused="reload refused: /etc/smcroute.conf:1:1 has an error .see the log."
    kill -HUP "$DAEMON"
    told_next "$RELOADING" "${READY_2/STATUS=/STATUS=$refused; }"
    run 78 "$SMCROUTE" --reload
    told_next "$RELOADING" "${READY_2/STATUS=/STATUS=$refused; }"
    kernel_has "$S4 $G4 eth0 -> eth1"
}

test_diff_and_wait_are_no_reload() {
    two_routes
    under_manager
    told_next "$READY_2"
    three_routes
    run 0 "$SMCROUTE" --diff
    run 75 "$SMCROUTE" --wait 0
    sleep 1.2
    same "messages after the first" "$(told | tail -n +2)" ""
}

ends_with_stopping() {
    under_manager
    told_next 'READY=1 STATUS=0 routes, 0 pending, 0 groups'
    kill "-$1" "$DAEMON"
    told_next 'STOPPING=1'
    ended_well
}
test_term_tells_stopping() { ends_with_stopping TERM; }
test_int_tells_stopping() { ends_with_stopping INT; }

status_is() { [ "$(told | tail -n 1)" = "STATUS=$1" ]; }

test_the_status_follows_commands_and_interfaces() {
    under_manager
    told_next 'READY=1 STATUS=0 routes, 0 pending, 0 groups'
    client -a eth0 $S4 $G4 eth1 -a eth0 $G6 late0 -j eth0 $G4 -j eth0 $G6
    poll_until status_is "2 routes, 1 pending, 2 groups"
    ip link add late0 type veth peer name late1
    poll_until status_is "2 routes, 0 pending, 2 groups"
    client -l eth0 $G4 -r eth0 $S4 $G4
    poll_until status_is "1 route, 0 pending, 1 group"
    ip link del late0
    poll_until status_is "1 route, 1 pending, 1 group"
    [ "$(told | wc -l)" -le 7 ]
}

signs_of_life() { grep -c ' WATCHDOG=1$' told || true; }
has_signs_of_life() { [ "$(signs_of_life)" -ge "$1" ]; }

test_signs_of_life_come_at_half_the_interval_also_while_others_keep_it_busy() {
    WATCHDOG_USEC=600000 under_manager
    while ! has_signs_of_life 16; do
        client -a eth0 $S4 $G4 eth1 -r eth0 $S4 $G4
    done
    local times
    times=$(awk '$2 == "WATCHDOG=1" { print int($1 / 1000) }' told)
    echo "# signs of life, in milliseconds from the first, 300 apart:" \
        "$(awk '{ if (!first) first = $1; print $1 - first }' <<<"$times" | xargs)"
    # Any may be late, the first as well, but answers to clients, of which there are dozens, are no
    # signs.
    [ $(($(tail -n 1 <<<"$times") - $(head -n 1 <<<"$times"))) -ge 4200 ]
}

test_the_watchdog_of_another_process_gets_no_signs_of_life() {
    WATCHDOG_USEC=100000 WATCHDOG_PID=1 under_manager
    sleep 0.5
    same "signs of life" "$(signs_of_life)" 0
}

test_a_daemon_that_hangs_gives_no_sign_of_life() {
    WATCHDOG_USEC=200000 under_manager
    local pid before
    # The one that tells the manager, and the one that routes.
    for pid in "$DAEMON" "$(worker)"; do
        poll_until has_signs_of_life 6
        kill -STOP "$pid"
        sleep 0.2
        before=$(signs_of_life)
        sleep 0.5
        same "signs of life" "$(signs_of_life)" "$before"
        kill -CONT "$pid"
    done
}

# For the manager starts a new guard, with a worker of its own.
test_a_worker_whose_guard_was_killed_ends_under_a_manager() {
    under_manager
    client -a eth0 $S4 $G4 eth1
    local pid
    pid=$(worker)
    strike "$DAEMON"
    poll_until gone "$pid"
    same "the kernel's table" "$(mroutes)" ""
    grep -q 'the guard process is gone, stopping' daemon.err
    DAEMON=
    rm /run/smcroute /run/smcroute.pid
}

test_a_manager_that_went_away_is_no_harm() {
    : | config
    NOTIFY_SOCKET=$PWD/nobody start_in_foreground
    client -a eth0 $S4 $G4 eth1
    client -k
    ended_well
    under_manager
    told_next 'READY=1 STATUS=0 routes, 0 pending, 0 groups'
    rm manager
    kill $MANAGER
    client -a eth0 $S4 $G4 eth1 --reload -a eth0 $S4 $G4 eth1
    streams_to r1 $G4 4
}

test_scripts_do_not_speak_in_the_name_of_the_daemon() {
    cat >hook <<END
#!/bin/sh
env >$PWD/environment.new
mv $PWD/environment.new $PWD/environment
END
    chmod +x hook
    WATCHDOG_USEC=60000000 under_manager -e "$PWD/hook"
    poll_until test -s environment
    not grep -qE '^(NOTIFY_SOCKET|WATCHDOG_USEC|WATCHDOG_PID)=' environment
}

event() { grep -qxE "$1" events; }
# started COUNT [READY]: so many have started, and as many, or READY of them, were ready.
started() {
    [ "$(grep -c '^started' events)" = "$1" ] && [ "$(grep -c '^ready' events)" -ge "${2:-$1}" ]
}

test_a_manager_starts_it_again_when_it_was_killed_reloads_it_restarts_it_and_stops_it() {
    two_routes
    "$SERVICE_MANAGER" --log events "$SMCROUTE" -n 2>daemon.err &
    local manager=$! status=0
    poll_until event 'ready 2 routes, 1 pending, 1 group'
    strike "$(sed -n 's/^started //p' events)"
    poll_until started 2
    kernel_has "$S4 $G4 eth0 -> eth1"
    three_routes
    kill -HUP $manager
    poll_until event reloaded
    event 'ready 3 routes, 1 pending, 0 groups'
    kill -USR1 $manager
    poll_until started 3 4  # one of them for the reload
    kernel_has "$S4 $G4 eth0 -> eth1"
    kill -TERM $manager
    wait $manager || status=$?
    same "status of the manager" $status 0
    same "its last events" "$(tail -n 3 events | sed 's/^[0-9]* //')" "stopping
ended with status 0
stopped"
}

# with_descriptors NAMES COMMAND...: gives COMMAND the files "one" and "two" by these names, as a
# manager would.
with_descriptors() {
    # shellcheck disable=SC2016 # the inner shell is the process that is to have them
    LISTEN_FDS=2 LISTEN_FDNAMES=$1 bash -c 'LISTEN_PID=$$ exec "$@" 3<one 4<two' sh "${@:2}"
}

# A guard that cannot start goes back to the program before an upgrade.
test_a_program_that_somebody_else_names_is_not_run() {
    printf '#!/bin/sh\ntouch %s/was_run\n' "$PWD" >one
    chmod 755 one
    printf 'sh\0' >two
    run 64 with_descriptors previous:command "$SMCROUTE" -n -p nosuchuser
    not test -e was_run
    same "what was said" "$(cat err)" "smcroute: the service manager has handed over \"previous\", which\
 is not one of ours: it is not used, nor is 1 more
smcroute: there is no user \"nosuchuser\""
    # What was meant for another process.
    local what="ready=0 previous=3 command=4"
    for what in "1 $what" "1 pid=$$ $what"; do
        SMCROUTE_HANDOVER=$what run 64 "$SMCROUTE" -n -p nosuchuser 3<one 4<two
        not test -e was_run
        same "what was said" "$(cat err)" 'smcroute: there is no user "nosuchuser"'
    done
}

test_what_is_not_what_its_name_says_is_told_and_left_and_the_start_goes_on() {
    two_routes
    : >one
    : >two
    listen_as_manager
    NOTIFY_SOCKET=$PWD/manager with_descriptors journal:control "$SMCROUTE" -n >daemon.out 2>daemon.err &
    poll_until test -s /run/smcroute.pid
    DAEMON=$(cat /run/smcroute.pid)
    same "what was said" "$(head -n 1 daemon.err)" "smcroute: the service manager has handed over\
 \"journal\", which is not a memory file: it is not used, nor is 1 more"
    kernel_has "$S4 $G4 eth0 -> eth1"
    # Not to be handed over again.
    same "what was removed" "$(sed -n 's/.*FDSTOREREMOVE=1 FDNAME=//p' told | xargs)" "journal control"
    client -k
    poll_until gone "$DAEMON"
    DAEMON=
}

# How often the daemon's two processes have woken up so far.
wakeups() {
    awk '/^voluntary_ctxt_switches/ { sum += $2 } END { print sum }' \
        "/proc/$DAEMON/status" "/proc/$(worker)/status"
}

# It has heard of the links that this network has just got, and of the last client, and has looked at
# the kernel's table, which it does 5 s after that: nothing has woken it for longer.
has_come_to_rest() {
    local before
    before=$(wakeups)
    sleep 6
    [ "$(wakeups)" = "$before" ]
}

# sleeps_for SEC: the daemon does not wake up in that time, while its routes carry packets.
sleeps_for() {
    local before
    poll_until has_come_to_rest
    before=$(wakeups)
    send $G4 -n 20
    send $G6 -n 20
    sleep "$1"
    same "wake-ups in $1 s" "$(wakeups)" "$before"
}

# Two intervals of --watch.
watch_for_a_while() {
    "$SMCROUTE" --watch >lines 2>&1 </dev/null &
    local pid=$!
    has_lines() { [ "$(wc -l <lines)" -ge 2 ]; }
    poll_until has_lines
    kill $pid
    wait $pid || true
}

# More than a minute: no timer is left.
test_with_static_routes_only_the_daemon_does_not_wake_up_whoever_has_asked_for_rates() {
    config <<END
phyint eth1 ttl-threshold 2
mroute from eth0 source $S4 group $G4 to eth1 late0
mroute from eth0 source $S6 group $G6 to eth1
mgroup from eth0 group $G4
mgroup from eth0 source fd00::9 group ff3e::9
END
    start_daemon
    client -a eth0 $S4 225.9.9.9 eth1
    streams_to r1 $G4 4
    streams_to r1 $G6 4
    sleeps_for 2
    local before
    before=$(wakeups)
    run 0 "$SMCROUTE" --show rates
    watch_for_a_while
    run 0 "$SMCROUTE" --metrics
    run 0 "$SMCROUTE" --show routes
    not [ "$(wakeups)" = "$before" ]
    sleeps_for 61
}

run_claims
