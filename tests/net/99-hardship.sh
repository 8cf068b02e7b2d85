#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Where the system does not give what we ask for: a full disk, a read-only /run, no /proc, no
# descriptor left. One clear line, nothing half done, and no route lost.

. "$(dirname "$0")/lib.sh"
network 1

# A disk of one page.
small=$T/small
mkdir $small
mount -t tmpfs -o "size=$(getconf PAGESIZE)" tmpfs $small
fill_disk() { cat /dev/zero >$small/other 2>/dev/null || true; }

# refuses_to_start STATUS TEXT COMMAND...: that status, this one line, and nothing is left.
refuses_to_start() {
    run "$1" "${@:3}"
    same "what is said" "$(cat out err)" "smcroute: $2"
    nothing_left
}

# seeing MOUNT...: from now on daemons see these mounts, and nobody else does.
seeing() {
    wrap=(unshare -m sh -c "$* && exec \"\$@\"" sh "${wrap[@]}")
    "${wrap[@]}" true 2>/dev/null || skip "no mount namespaces here"
}

# The process that serves and routes: the guard's only child.
worker() {
    sed 's/ (.*) . / /' /proc/[0-9]*/stat 2>/dev/null |
        awk -v parent="$DAEMON" '$2 == parent { print $1 }'
}

# daemon_may_open COUNT: its worker has so many descriptors at most, from now on.
daemon_may_open() {
    prlimit "--pid=$(worker)" "--nofile=$1:" 2>refusal || {
        grep -q "not permitted" refusal || fail "there is no limit: $(cat refusal)"
        skip "no way to change the limit of another"
    }
}

test_a_full_disk_under_the_pid_file_ends_the_start() {
    fill_disk
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    refuses_to_start 71 "cannot write pid file $small/pid: No space left on device" \
        "${wrap[@]}" "$SMCROUTE" -d -P $small/pid
    same "files on that disk" "$(ls -A $small)" other
    rm $small/other
    "$PEST" keep ended "${wrap[@]}" "$SMCROUTE" -d -P $small/pid 2>daemon.err </dev/null
    DAEMON=$(cat $small/pid)
    fill_disk
    # A reload writes it again, in its place.
    client --reload
    streams_to r1 $G4 3
    stop_daemon
    same "files on that disk" "$(ls -A $small)" other
}

test_a_read_only_run_directory_ends_the_start() {
    seeing 'mount -t tmpfs -o ro tmpfs /run' '&& { [ /var/run -ef /run ] || mount --bind /run /var/run; }'
    refuses_to_start 77 "cannot listen on /var/run/smcroute: Read-only file system" \
        "${wrap[@]}" "$SMCROUTE" -d
    refuses_to_start 77 "cannot write pid file /var/run/smcroute.pid: Read-only file system" \
        "${wrap[@]}" "$SMCROUTE" -d -u /dev/shm/smcroute
    same "sockets that are left" "$(ls -A /dev/shm)" ""
}

a_sanitizer_needs_proc() {
    ! grep -q __asan_init "$SMCROUTE" || skip "a sanitizer reads /proc"
}

test_without_proc_everything_works() {
    a_sanitizer_needs_proc
    seeing 'mount -t tmpfs -o ro tmpfs /proc'
    "${wrap[@]}" test ! -e /proc/self
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    start_daemon
    no_diagnostics
    client -a eth0 $G6 eth1 -j eth0 225.7.7.7
    streams_to r1 $G4 3
    streams_to r1 $G6 3
    client --reload
    run 0 "${wrap[@]}" "$SMCROUTE" --show
    run 0 "${wrap[@]}" "$SMCROUTE" -k
    ended_well
    DAEMON=
}

test_without_proc_a_taken_table_is_still_told() {
    a_sanitizer_needs_proc
    start_daemon
    seeing 'mount -t tmpfs -o ro tmpfs /proc'
    run 69 "${wrap[@]}" "$SMCROUTE" -n -i other
    same "what is said" "$(cat err)" \
        "other: another process owns the IPv4 and IPv6 multicast routing tables"
}

test_without_proc_the_socket_is_opened_to_a_group() {
    a_sanitizer_needs_proc
    seeing 'mount -t tmpfs -o ro tmpfs /proc'
    start_daemon --group 0
    same "mode of the socket" "$(stat -c '%a %u:%g' /run/smcroute)" "660 0:0"
}

test_without_descriptors_clients_are_turned_away_and_streams_flow() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    daemon_may_open 24
    "$PEST" connect /run/smcroute 40 hold >held &
    local holder=$!
    poll_until grep -q ready held
    poll_until grep -qF "cannot accept a client on /var/run/smcroute: Too many open files" $SYSLOG
    run 69 "$SMCROUTE" --show
    same "what is said" "$(cat err)" \
        "smcroute: the daemon closed the connection before it answered"
    streams_to r1 $G4 3
    kill $holder
    wait $holder || true
    poll_until "$SMCROUTE" --show
    client -a eth0 $G6 eth1
    streams_to r1 $G6 3
}

test_without_descriptors_a_join_says_so_and_is_made_when_there_are_some() {
    start_daemon
    client -a eth0 $S4 $G4 eth1
    daemon_may_open 24
    refused 71 -j eth0 225.7.0.0/23
    same "what is said" "$(sed 's/ 225\.7\.[0-9.]* / GROUP /' err)" "smcroute: cannot join GROUP on\
 eth0: Too many open files (raise the limit: LimitNOFILE=, ulimit -n) (kept, and tried again until\
 it succeeds)"
    streams_to r1 $G4 3
    daemon_may_open 1000
    poll_until joined eth0 225.7.1.255
    client --wait
    kernel_has "$S4 $G4 eth0 -> eth1"
}

# ---- Few descriptors ----

# lacks_descriptors: 1024 groups, each of which takes a socket, and no more descriptors than that.
lacks_descriptors() {
    one_group_each
    ulimit -n 1024
}

# goes_on: with everything that takes descriptors, in two processes.
goes_on() {
    joined eth0 225.7.0.0
    not joined eth0 225.7.3.255
    "$SMCROUTE" --show pending | grep -q '^eth0 *not joined *mgroup from eth0 group 225\.7\.0\.0/22 '
    client -a eth0 $S4 $G4 eth1
    streams_to r1 $G4 3
    same "groups joined" "$("$SMCROUTE" --show groups | awk '/225\.7\.0\.0/ { print ($4 > 600 && $4 < 700) }')" 1
    refused 71 --reload
    if [ ${#wrap[@]} = 0 ]; then
        client --upgrade
    fi
    local before
    before=$(worker)
    strike "$before"
    poll_until another_worker_than "$before"
    client -a eth0 $S6 $G6 eth1
    streams_to r1 $G6 3
    joined eth0 225.7.0.0
    # What others gave up is there for who waits.
    client -l eth0 225.7.0.0/22 -j eth0 225.8.0.0/24
    joined eth0 225.8.0.255
    client --wait
    many_groups_each
}
another_worker_than() { [ "$(worker)" != "$1" ] && "$SMCROUTE" --show status; }

test_more_groups_in_the_file_than_descriptors_are_pending_and_all_else_goes_on() {
    lacks_descriptors
    echo "mgroup from eth0 group 225.7.0.0/22" | config
    start_daemon
    # Two C libraries.
    grep -qE "^smcroute: cannot join 225\.7\.2\.[0-9]* on eth0: (Too many open files|No file\
 descriptors available) \(raise the limit: LimitNOFILE=, ulimit -n\)$" daemon.err
    goes_on
}

test_more_groups_of_a_client_than_descriptors_are_pending_and_all_else_goes_on() {
    lacks_descriptors
    start_daemon
    refused 71 -j eth0 225.7.0.0/22
    echo "mgroup from eth0 group 225.7.0.0/22" | config
    goes_on
}

test_a_daemon_of_one_process_keeps_descriptors_for_clients() {
    lacks_descriptors
    start_daemon --single
    refused 71 -j eth0 225.7.0.0/22
    "$PEST" connect /run/smcroute 200 hold >held &
    poll_until grep -q ready held
    client -a eth0 $S4 $G4 eth1
    streams_to r1 $G4 3
    many_groups_each
}

test_too_few_descriptors_for_anything_are_told() {
    ulimit -n 32
    refuses_to_start 71 "the limit on open files is 32, and 64 are needed (raise the limit:\
 LimitNOFILE=, ulimit -n)" "$SMCROUTE" -d
}

test_nothing_but_the_log_is_written_where_standard_output_would_be() {
    seeing 'mount -t tmpfs tmpfs /dev'
    "$PEST" keep ended "${wrap[@]}" sh -c 'exec "$@" <&- >&- 2>&-' sh "$SMCROUTE" -d
    DAEMON=$(cat /run/smcroute.pid)
    local fd
    for fd in 0 1 2; do
        same "descriptor $fd of the guard" "$(readlink "/proc/$DAEMON/fd/$fd")" /
        same "descriptor $fd of the worker" "$(readlink "/proc/$(worker)/fd/$fd")" /
    done
    client -a eth0 $S4 $G4 eth1
    streams_to r1 $G4 3
}

run_claims
