#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# What cannot be written where it was asked for: status 71 and a line, whatever was asked.

. "$(dirname "$0")/lib.sh"
network 1

# has_nowhere_to_write WORD...: with a standard output on which nothing has room.
has_nowhere_to_write() {
    local status=0
    "$SMCROUTE" "$@" >/dev/full 2>err </dev/null || status=$?
    same "exit status of smcroute $*" $status 71
    same "what smcroute $* says" "$(cat err)" \
        "smcroute: cannot write to standard output: No space left on device"
}

test_help_and_version_that_cannot_be_written_are_status_71() {
    local word
    for word in -h --help -v --version; do
        has_nowhere_to_write $word
    done
}

test_an_answer_that_cannot_be_written_is_status_71() {
    config </dev/null
    start_daemon -a eth0 $S4 $G4 eth1 -a eth0 $G6 eth1 -j eth0 $G4
    local what
    for what in routes rates rules groups interfaces pending status config; do
        has_nowhere_to_write --show $what
        has_nowhere_to_write --json --show $what
    done
    has_nowhere_to_write --diff
    has_nowhere_to_write --metrics
    has_nowhere_to_write --watch
    has_nowhere_to_write --json --watch
    has_nowhere_to_write --monitor
    has_nowhere_to_write --json --monitor
    echo show >lines
    has_nowhere_to_write --batch lines
    has_nowhere_to_write -j eth0 $G6 --show groups
    joined eth0 $G6
}

test_a_long_answer_that_cannot_be_written_is_status_71() {
    many_routes 2000 | config
    start_daemon
    has_nowhere_to_write --show config
    has_nowhere_to_write --metrics
}

test_a_failure_before_keeps_its_status() {
    start_daemon
    local status=0
    "$SMCROUTE" -l eth0 $G4 --show >/dev/full 2>err || status=$?
    same "exit status" $status 1
    same "lines" "$(wc -l <err)" 2
}

test_a_verdict_on_a_file_that_cannot_be_written_is_status_71() {
    echo "mroute from eth0 group $G4 to eth0" >file
    run 0 "$SMCROUTE" -F file
    test -s err
    local status=0
    "$SMCROUTE" -F file 2>/dev/full || status=$?
    same "exit status" $status 71
}

# As in the manual's example.
test_a_full_disk_leaves_the_metrics_of_before() {
    many_routes 50 | config
    start_daemon
    mkdir disk
    mount -t tmpfs -o size=8k tmpfs disk
    echo before >disk/prom
    not save_metrics 2>err
    same "the file" "$(cat disk/prom)" before
    [ -s disk/new ] && not grep -q '# EOF' disk/new
    umount disk
    mount -t tmpfs -o size=1m tmpfs disk
    save_metrics
    same "its last line" "$(tail -n 1 disk/prom)" '# EOF'
    umount disk
}
save_metrics() { "$SMCROUTE" --metrics >disk/new && mv disk/new disk/prom; }

run_claims
