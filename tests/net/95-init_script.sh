#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# conf/smcroute.init, pointed at the program that was built.

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

run_claims
