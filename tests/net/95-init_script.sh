#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# conf/smcroute.init, pointed at the program that was built; and the script for procd, in front of a
# stand-in for it. (Those for others run where those others are: see package.sh.)

. "$(dirname "$0")/lib.sh"
network 1

script() {
    [ -e "$ROOT/conf/smcroute.init" ] || skip "no conf/smcroute.init"
    command -v start-stop-daemon >/dev/null || skip "no start-stop-daemon"
    [ ${#wrap[@]} = 0 ] || skip "not under ${wrap[0]}"
    sed "s,^DAEMON=.*,DAEMON=$SMCROUTE," "$ROOT/conf/smcroute.init" >init
    grep -qxF "DAEMON=$SMCROUTE" init
}

call() {
    run "$1" sh ./init "$2"
}

test_start_status_reload_restart_and_stop() {
    script
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    call 3 status
    call 0 start
    kernel_has "$S4 $G4 eth0 -> eth1"
    call 0 status
    call 0 start
    local first
    first=$(cat /run/smcroute.pid)
    echo "mroute from eth0 source $S6 group $G6 to eth1" >>/etc/smcroute.conf
    call 0 reload
    poll_until kernel_has "$S6 $G6 eth0 -> eth1"
    same "pid after reload" "$(cat /run/smcroute.pid)" "$first"
    call 0 force-reload
    call 0 restart
    [ "$(cat /run/smcroute.pid)" != "$first" ]
    kernel_has "$S4 $G4 eth0 -> eth1"
    call 0 stop
    nothing_left
    call 0 stop
    call 3 status
}

# orphaned: a daemon whose guard has been killed, with a route of a client's.
orphaned() {
    script
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    call 0 start
    client -a eth0 $S6 $G6 eth1
    DAEMON=$(cat /run/smcroute.pid)
    ORPHAN=$(worker)
    strike "$DAEMON"
    poll_until grep -q 'the guard process is gone' $SYSLOG
}
# taken_over: by a daemon that lost nothing, and is the only one.
taken_over() {
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_has "$S6 $G6 eth0 -> eth1"
    gone "$ORPHAN"
    call 0 status
    [ "$(cat /run/smcroute.pid)" != "$DAEMON" ]
    call 0 stop
    nothing_left
    DAEMON=
}

test_a_killed_guard_is_told_by_status_and_followed_by_start() {
    orphaned
    call 1 status
    same "status" "$(cat out)" "smcroute has lost its guard process, gone (pid $DAEMON): routing goes on;\
 run 'smcroute -d' (or your service) to restore it, no packet is lost"
    call 0 start
    taken_over
}

test_a_killed_guard_is_followed_by_restart() {
    orphaned
    call 0 restart
    same "what it said" "$(cat out)" "Starting static multicast router smcroute: done"
    taken_over
}

test_a_killed_guard_is_followed_by_try_restart() {
    orphaned
    call 0 try-restart
    taken_over
}

test_reload_without_a_guard_fails_and_says_what_to_do() {
    orphaned
    call 1 reload
    grep -q "the guard process is gone (pid $DAEMON): routing goes on; run 'smcroute -d'" err
    call 0 start
    taken_over
}

test_stop_ends_a_worker_without_a_guard() {
    orphaned
    call 0 stop
    nothing_left
    gone "$ORPHAN"
    DAEMON=
    call 3 status
}

test_stop_of_what_both_were_killed_is_done() {
    orphaned
    strike "$ORPHAN"
    poll_until has_ended "$ORPHAN"
    call 0 stop
    call 1 status
    call 0 start
    kernel_has "$S4 $G4 eth0 -> eth1"
    call 0 stop
    DAEMON=
}

test_stop_that_does_not_stop_has_failed() {
    script
    call 0 start
    # What cannot be reached cannot be told to stop.
    sed -i 's,SMCROUTE_CLIENT_OPTS=$,SMCROUTE_CLIENT_OPTS="-u /nowhere",' init
    call 1 stop
    same "what it said" "$(cat out)" "Stopping static multicast router smcroute: failed"
    client -k
}

test_restart_with_a_broken_file_changes_nothing() {
    script
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    call 0 start
    local first
    first=$(cat /run/smcroute.pid)
    echo "mroute form eth0" >>/etc/smcroute.conf
    call 6 restart
    same "what it said" "$(cat out)" \
        "Restarting static multicast router smcroute: failed, nothing was changed"
    grep -q '^/etc/smcroute.conf:2:.*error' err
    call 6 try-restart
    same "process" "$(cat /run/smcroute.pid)" "$first"
    kernel_has "$S4 $G4 eth0 -> eth1"
    rm /etc/smcroute.conf
    call 0 restart
    call 0 stop
}

test_options_of_the_default_file_are_used() {
    script
    [ -e "$ROOT/conf/smcroute.default" ] || skip "no conf/smcroute.default"
    local name
    name=$(grep -oE '^#? ?[A-Z_]+=' "$ROOT/conf/smcroute.default" | tr -d '#= ' | grep -m1 -E 'OPT|ARG')
    echo "$name=\"-N -L debug\"" >/etc/default/smcroute
    call 0 start
    same "slots with -N" "$(vifs 4)" ""
    call 0 stop
}

# procd COMMAND: the script of OpenWrt does it. What it asks procd for is printed, what it asks the
# system's own functions for as well.
procd() {
    sed "s,@sbindir@/smcroute,$SMCROUTE,; s,@sysconfdir@,/etc,g" "$ROOT/conf/smcroute.procd.in" >procd
    cat >rc.common <<-'END'
		for word in open_instance set_param close_instance add_raw_trigger add_reload_trigger; do
		    eval "procd_$word() { echo \"$word\${1:+ }\$*\"; }"
		done
		start() { echo start; }
		stop() { echo stop; }
		. ./procd
		"$1"
	END
    run "$1" sh rc.common "$2"
}

test_procd_is_told_how_to_keep_it_running() {
    echo 'SMCROUTE_OPTS="-N -L debug"' >/etc/default/smcroute
    procd 0 start_service
    same "what procd is told" "$(cat out)" "open_instance
set_param command $SMCROUTE -n -s -N -L debug
set_param respawn 3600 2 0
set_param stderr 1
set_param term_timeout 10
close_instance"
    procd 0 service_triggers
    same "when procd calls it" "$(cat out)" "add_raw_trigger interface.*.up 2000 /etc/init.d/smcroute start
add_reload_trigger smcroute"
}

test_procd_reloads_and_upgrades_by_the_client_and_restarts_no_broken_file() {
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    procd 0 restart
    same "restart" "$(cat out)" "stop
start"
    start_daemon
    echo "mroute from eth0 source $S6 group $G6 to eth1" >>/etc/smcroute.conf
    procd 0 reload_service
    kernel_has "$S6 $G6 eth0 -> eth1"
    procd 0 upgrade
    echo "mroute form eth0" >>/etc/smcroute.conf
    procd 78 restart
    same "restart" "$(cat out)" ""
    grep -q '^/etc/smcroute.conf:3:.*error' err
}

run_claims
