#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# That the stand-in for a service manager, which other tests rely on, does what it stands for: with a
# service that is no daemon of ours, see `pest service`.

. "$(dirname "$0")/lib.sh"
network 0

# manage [OPTION...] -- WORD...: the service, its output in "service.out", the manager's in "events".
manage() {
    local options=()
    while [ "$1" != -- ]; do
        options+=("$1")
        shift
    done
    "$SERVICE_MANAGER" --log events "${options[@]}" "$PEST" service "${@:2}" >service.out 2>&1 &
    SUPERVISOR=$!
    poll_until said 'ready .*'
}

said() { grep -qxE "$1" events; }
said_twice() { [ "$(grep -cxE "$1" events)" = 2 ]; }
service_pid() { sed -n 's/^started //p' events | tail -n 1; }
# manager_ends STATUS
manager_ends() {
    local status=0
    wait $SUPERVISOR || status=$?
    same "status of the manager" $status "$1"
}

test_what_is_stored_outlives_the_service_and_comes_back_by_name() {
    manage -- one two
    same "the store" "$(grep -E 'stored|duplicate' events)" \
        "stored one (1 in the store)
duplicate of one (1 in the store)
stored two (2 in the store)
duplicate of two (2 in the store)"
    local first
    first=$(service_pid)
    strike "$first"
    poll_until said_twice 'ready at your service'
    said "$first was killed by signal 9, restarting"
    said 'handed over one:two'
    same "what the service found" "$(cat service.out)" "names one:two
3 holds one
4 holds two"
    kill -TERM $SUPERVISOR
    manager_ends 0
    said stopped
}

test_a_dead_descriptor_stays_only_with_fdpoll_0_and_the_store_has_a_limit() {
    manage --store-max 2 -- polled1 kept over
    said 'no room for over \(2 in the store\)'
    strike "$(service_pid)"
    poll_until said_twice 'ready at your service'
    said 'dropped polled1, which is dead'
    said 'handed over kept'
    kill -TERM $SUPERVISOR
    manager_ends 0
}

test_restart_keeps_the_store_and_a_reload_can_remove_from_it() {
    manage --socket "@$PWD" -- one two
    kill -USR1 $SUPERVISOR
    poll_until said_twice 'ready at your service'
    grep -q 'ended with status 0, restarting' events
    said 'handed over one:two'
    kill -HUP $SUPERVISOR
    poll_until said reloaded
    said 'removed one \(1 in the store\)'
    kill -INT $SUPERVISOR
    manager_ends 0
}

test_only_the_main_process_is_heard_and_what_it_leaves_behind_ends() {
    manage -- one
    poll_until grep -q '^ignored message of process' events
    local helper
    helper=$(sed -n 's/^ignored message of process //p' events)
    not said 'ready out of turn'
    strike "$(service_pid)"
    poll_until said_twice 'ready at your service'
    said "left behind: $helper"
    not test -d "/proc/$helper"
    kill -TERM $SUPERVISOR
    manager_ends 0
}

test_without_restart_a_failure_is_the_end() {
    manage --no-restart -- one
    strike "$(service_pid)"
    manager_ends 1
    said failed
}

test_a_service_that_gives_no_sign_of_life_is_ended() {
    manage --watchdog 200000 -- one
    poll_until said '.* was killed by signal 6, restarting'
    kill -TERM $SUPERVISOR
    manager_ends 0
}

run_claims
