#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# A program without libraries (STATIC_SMCROUTE, see `make check-static`) where nothing else is: in
# an empty root, and as the image of conf/Containerfile has it, process 1 of a container.

. "$(dirname "$0")/lib.sh"
network 1

[ -x "${STATIC_SMCROUTE:-}" ] || { echo "run make check-static" >&2; exit 1; }
can_chroot() { [ "$(id -u)" = 0 ] || skip "not root"; }

# empty_root: the directory "root" with what the Containerfile puts into it, /proc, /dev and a
# writable place for the socket, as every container has them.
empty_root() {
    PLACE=$(sed -n 's/^WORKDIR //p' "$ROOT/conf/Containerfile")
    bare_root "$PLACE"
    mkdir root/proc root/config root/dev
    mount -t proc proc root/proc
    mknod -m 666 root/dev/null c 1 3
}

# bare_root PLACE: nothing but the program, and the place for its socket. It goes with the mount,
# and nobody removes what was in there.
bare_root() {
    leave_root
    mkdir -p root
    mount -t tmpfs tmpfs root
    mkdir -p "root$1"
    mount -t tmpfs tmpfs "root$1"
    cp "$STATIC_SMCROUTE" root/smcroute
    SMCROUTE=$PWD/root/smcroute
    # Where clients of this test look.
    ln -s "$PWD/root$1/smcroute" "$PWD/root$1/smcroute.pid" /run/
}
leave_root() { ! mountpoint -q root || umount -R root; }

# words_of INSTRUCTION: what the Containerfile runs, in the array "words".
words_of() {
    mapfile -t words < <(sed -n "s/^$1 \(CMD \)\?\[\(.*\)\]$/\2/p" "$ROOT/conf/Containerfile" |
        tr -d '",' | tr ' ' '\n')
}

# contained [COMMAND...]: the container, as process 1 of its own processes; by COMMAND, if given.
contained() {
    words_of ENTRYPOINT
    "$PEST" keep ended unshare -mpf --kill-child "$@" chroot "$PWD/root" "${words[@]}" \
        >daemon.out 2>daemon.err </dev/null &
    poll_until test -s /run/smcroute.pid
    same "process id inside" "$(cat /run/smcroute.pid)" 1
    INIT=$(grep -lx smcroute /proc/[0-9]*/comm | tr -dc '0-9\n')
}

healthy() {
    words_of HEALTHCHECK
    chroot root "${words[@]}" >health 2>&1
}

ends_on_term() {
    local since=$EPOCHREALTIME
    kill -TERM "$INIT"
    poll_until grep -q ' exit 0$' ended
    echo "# ended in $(milliseconds_since "$since") ms"
    rm ended
    same "what it left" "$(mroutes)$(ls "root$PLACE")" ""
}

# child_of PID NAME: whether it has such a child, ended or not.
child_of() { grep -qs "^[0-9]* ($2) . $1 " /proc/[0-9]*/stat; }
reaped() { ! grep -qs "^[0-9]* ($1) " /proc/[0-9]*/stat; }

one_route() { echo "mroute from eth0 source $S4 group $G4 to eth1" >root/config/smcroute.conf; }

test_it_needs_no_library() {
    run 1 grep -qa '/ld-' "$STATIC_SMCROUTE"
    echo "# $(stat -c %s "$STATIC_SMCROUTE") bytes"
}

test_in_a_root_with_nothing_but_a_place_for_its_socket_it_routes() {
    can_chroot
    bare_root /var/run
    run 0 chroot root /smcroute -d
    DAEMON=$(cat /run/smcroute.pid)
    run 0 chroot root /smcroute -a eth0 $S4 $G4 eth1
    streams_to r1 $G4 3
    run 0 chroot root /smcroute -k
    DAEMON=
    leave_root
}

test_process_1_stays_reaps_ends_on_term_and_starts_again() {
    can_chroot
    empty_root
    one_route
    local start
    for start in first second; do
        contained
        echo "# $start start"
        streams_to r1 $G4 3
        poll_until healthy
        # What loses its parent in there is a child of process 1.
        cp "$(command -v sleep)" orphan
        nsenter -t "$INIT" -p sh -c './orphan 1 & exit'
        poll_until child_of "$INIT" orphan
        poll_until reaped orphan
        ends_on_term
        run 69 chroot root "${words[@]}"
    done
    leave_root
}

test_cap_net_raw_alone_is_enough_and_a_root_that_nobody_can_write_to() {
    can_chroot
    empty_root
    one_route
    mount -o remount,ro root
    contained setpriv --bounding-set=-all,+net_raw,+sys_chroot --inh-caps=-all
    streams_to r1 $G4 3
    poll_until healthy
    grep -q 'the worker stays the user it is' daemon.err
    ends_on_term
    leave_root
}

test_a_reload_by_hup_reads_the_file_of_the_volume() {
    can_chroot
    empty_root
    one_route
    contained
    echo "mroute from eth0 source $S4 group 225.8.8.8 to eth1" >>root/config/smcroute.conf
    kill -HUP "$INIT"
    poll_until kernel_has "$S4 225.8.8.8 eth0 -> eth1"
    ends_on_term
    leave_root
}

run_claims
