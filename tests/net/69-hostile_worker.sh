#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# A worker that is not ours any more: whatever it says, the guard gives nothing away, runs on, and the
# next worker finds everything as it was. The attacks are in hostile.cc.

. "$(dirname "$0")/lib.sh"
network 1

SMCROUTE=$HOSTILE

# start_target: a daemon whose workers attack on demand.
start_target() {
    ulimit -n 1024
    # shellcheck disable=SC2016 # the hook's own variables
    printf '#!/bin/sh\necho "$1 $source $group" >>%s\n' "$PWD/calls" >hook
    chmod +x hook
    echo "mroute from eth0 source $S4 group $G4 to eth1
mgroup from eth0 group 225.7.7.7" | config
    HOSTILE_DO=$PWD/do start_daemon -e "$PWD/hook"
    poll_until grep -q reload calls
}

descriptors() { find "/proc/$DAEMON/fd" -type l | wc -l; }
logged() { grep -cE "$1" "$(the_log)" || true; }
logged_times() { [ "$(logged "$2")" -ge "$1" ]; }

# attack NAME [SEED]: returns when the worker has done its worst, or was ended before.
attack() {
    BEGUN=$(logged "attack $1 begins\$")
    echo "$*" >'do'
    strike "$(worker)"
    poll_until has_begun "$1"
    ATTACKER=$(sed -n "s/.*\[\([0-9]*\)\]: attack $1 begins$/\1/p" "$(the_log)" | tail -n 1)
    poll_until has_done_it
}
has_begun() { [ "$(logged "attack $1 begins\$")" -gt "$BEGUN" ]; }
has_done_it() { grep -q "\[$ATTACKER\]: attack .* is over$" "$(the_log)" || gone "$ATTACKER"; }
# serves: another worker than the one that attacked.
serves() {
    [ -n "$(worker)" ] && [ "$(worker)" != "$ATTACKER" ] && "$SMCROUTE" --show status >/dev/null 2>&1
}

# withstands NAME [SEED]: and the worker after it has everything, and does everything.
withstands() {
    attack "$@"
    goes_on
}
goes_on() {
    # A worker that may say all that it has said is still there.
    kill -KILL "$ATTACKER" 2>/dev/null || true
    poll_until serves
    same "guard" "$(cat /run/smcroute.pid)" "$DAEMON"
    not test -e "do.loot"
    kernel_has "$S4 $G4 eth0 -> eth1"
    joined eth0 225.7.7.7
    ROUND=$((ROUND + 1))
    client -a eth0 $S4 225.9.9.$ROUND eth1 -j eth0 225.8.8.$ROUND
    joined eth0 225.8.8.$ROUND
    client -r eth0 $S4 225.9.9.$ROUND -l eth0 225.8.8.$ROUND
    not joined eth0 225.8.8.$ROUND
    [ "$(descriptors)" -lt 40 ]
}
ROUND=0

# is_replaced WHY NAME [SEED]: as withstands, and the guard has said why it ended that worker.
is_replaced() {
    local before
    before=$(logged "the worker $1, replacing it\$")
    withstands "${@:2}"
    logged_times $((before + 1)) "the worker $1, replacing it\$"
}

test_what_is_no_socket_for_joins_is_not_held() {
    start_target
    local which
    for which in {0..9}; do
        is_replaced "hands over a descriptor that is not a socket for joins" hold $which
    done
}

test_floods_fill_nothing() {
    start_target
    local name
    for name in hold-flood release-flood notify-flood; do
        withstands $name
    done
}

test_who_takes_no_answers_is_replaced() {
    start_target
    is_replaced "does not read its messages" deaf
}

test_files_that_nobody_has_named_are_not_given() {
    start_target
    withstands "read"
}

test_the_script_is_not_run_for_what_is_no_stream() {
    start_target
    local which calls
    calls=$(cat calls)
    for which in {0..5}; do
        is_replaced "asks for the script for something that is not a stream" script $which
    done
    same "calls" "$(cat calls)" "$calls"
}

test_what_makes_no_sense_is_the_end_of_a_worker() {
    start_target
    is_replaced "gives an invalid interface name" mrdisc
    is_replaced "says twice that it is ready" ready-twice
    local which
    for which in 0 1 2 3; do
        is_replaced "says what only the guard may say" order $which
    done
    is_replaced "sends an invalid message" too-large
    is_replaced "sends an invalid message" too-many-descriptors
}

test_who_says_no_more_is_replaced() {
    start_target
    local name before
    for name in empty no-more-words; do
        before=$(logged "the worker does not end, killing it\$")
        attack $name
        poll_until logged_times $((before + 1)) "the worker does not end, killing it\$"
        goes_on
    done
}

test_upgrades_by_the_hundred_are_one() {
    [ ${#wrap[@]} = 0 ] || skip "the program that runs is valgrind"
    start_target
    withstands upgrade-flood
    same "upgrades" "$(logged 'smcroute has been upgraded$')" 1
}

test_a_worker_that_says_the_end_and_stays_ends_the_daemon() {
    start_target
    attack finish
    ended_well
    DAEMON=
}

test_what_is_said_at_random_leads_nowhere() {
    start_target
    local seed
    for seed in {1..20}; do
        withstands random $seed
    done
}

run_claims
