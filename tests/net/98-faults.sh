#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Each system call of the kernel room fails in turn. An undisturbed run of one scenario counts the
# calls; then the scenario runs once for each failure (see faults.cc), several side by side, each in
# a sandbox of its own. Afterwards the kernel must have what it has without the failure, the daemon
# must know so, and its log must name what failed. A start either fails with one line, or heals.
#
# FAULTS_FULL=1 tries every call, not only the first, the middle and the last of each kind;
# FAULTS_JOBS is the number of sandboxes (8).

# ---- Side by side ----

# Outside all sandboxes: the first one leaves the cases in FAULTS_DIR, the others share them.
if [ -z "${FAULTS_DIR:-}" ]; then
    FAULTS_DIR=$(mktemp -d)
    export FAULTS_DIR
    trap 'rm -rf "$FAULTS_DIR"' EXIT
    trap 'kill "${workers[@]}" 2>/dev/null; exit 130' INT TERM
    workers=()
    "$BASH" "$0" || exit
    [ -e "$FAULTS_DIR/cases" ] || exit 0
    jobs=${FAULTS_JOBS:-8} failed=0
    for ((k = 0; k < jobs; ++k)); do
        awk -v k=$k -v jobs="$jobs" 'NR % jobs == k' "$FAULTS_DIR/cases" >"$FAULTS_DIR/share$k"
        FAULTS_SHARE=$FAULTS_DIR/share$k "$BASH" "$0" &
        workers+=($!)
    done
    for worker in "${workers[@]}"; do
        wait "$worker" || failed=1
    done
    exit $failed
fi

. "$(dirname "$0")/lib.sh"

[ -e "$FAULTS_LIBRARY" ] || { echo "$FAULTS_LIBRARY is missing, run make first" >&2; exit 1; }
grep -qa '/ld-' "$SMCROUTE" || { echo "ok faults # skip a static program loads no library"; exit 77; }
wrap=(env "LD_PRELOAD=$FAULTS_LIBRARY" "FAULTS=$T/faults" "${wrap[@]}")
export ASAN_OPTIONS="verify_asan_link_order=0:$ASAN_OPTIONS"
REFERENCE=$FAULTS_DIR/reference

network 3

# ---- The scenario ----

configuration() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1 eth2
mroute from eth0 source $S6 group $G6 to eth1 eth2
mroute from eth0 group 225.5.0.0/16 to eth1 eth2
mroute from eth0 group ff0e::/120 to eth1 eth2
mgroup from eth2 group 225.7.7.7
mgroup from eth2 source 10.0.0.9 group 232.7.7.7
mgroup from eth2 group ff0e:7::7
mgroup from eth2 source fd00::9 group ff3e::7
mgroup from lo source 127.0.0.9 group 232.99.99.99
mgroup from lo source ::9 group ff3e::9999
END
}

# plan "WHAT ERRNO FIRST COUNT;...": these failures from now on; none if it is empty. The daemon may
# look at any moment: the number in front, which makes it a plan, is written last.
plan() {
    plan_number=$((plan_number + 1))
    put_number 0
    { tr ';' '\n' <<<"$1" && head -c 1008 /dev/zero; } | head -c 1008 |
        dd of=$T/faults/plan bs=1008 seek=16 oflag=seek_bytes conv=notrunc status=none
    [ -z "$1" ] || put_number $plan_number
}
put_number() { printf '%-15s\n' "$1" 1<>$T/faults/plan; }
plan_number=0

# calls: those since forget_calls, a line each.
calls() { tail -c +$((calls_before + 1)) $T/faults/calls | tr -d '\0'; }
forget_calls() { calls_before=$(tr -d '\0' <$T/faults/calls | wc -c); }
calls_before=0

without_faults() {
    configuration
    mkdir -p $T/faults
    rm -f $T/faults/*
}

# ask WORD...: a command that the daemon takes on, even if the kernel refuses for now.
ask() {
    local status=0
    "$SMCROUTE" "$@" >out 2>err </dev/null || status=$?
    case $status in
        0) ;;
        71) grep -q '^smcroute: cannot .*(kept, and tried again until it succeeds)$' err ;;
        *) fail "smcroute $* ended with status $status" ;;
    esac
}

# quiet: waits until the daemon has made no call for a moment, but those for its streams.
quiet() {
    local before=
    until [ "$(steady_calls)" = "$before" ]; do
        before=$(steady_calls)
        sleep 0.04
    done
}
steady_calls() { calls | grep -vc ':query:' || true; }

scenario() {
    stream sender 225.5.5.5 -r 20
    stream sender ff0e::55 -r 20
    ask -a eth0 $S4 225.9.9.1 eth2 -a eth0 $S6 ff0e:9::1 eth2
    ask -j eth0 225.8.8.8 -j eth0 10.0.0.9 232.8.8.8 -j eth0 ff0e:8::8 -j eth0 fd00::9 ff3e::8
    ask -r eth0 $S4 225.9.9.1 -r eth0 $S6 ff0e:9::1
    ask -l eth0 225.8.8.8 -l eth0 10.0.0.9 232.8.8.8 -l eth0 ff0e:8::8 -l eth0 fd00::9 ff3e::8
    ask --show routes
    ask --show interfaces
    quiet
    ip link del eth2
    quiet
    add_link 2
    quiet
    echo "phyint eth3 disable" >>/etc/smcroute.conf
    sed -i "s/group $G6 to eth1 eth2/group $G6 to eth1/" /etc/smcroute.conf
    ask --reload
    ask --flush
    ask -a eth0 $S4 225.9.9.2 eth2 -a eth0 $S6 ff0e:9::2 eth2
    # These are learned, fall silent and go.
    send 225.5.5.6
    send ff0e::56
    quiet
}

# ---- What came of it ----

shown_routes() {
    "$SMCROUTE" --show routes |
        awk 'NR > 1 && $8 != "-" { gsub(",", " ", $4); print $1, $2, $3, "->", $4 }' | sort
}

kernel_groups() {
    local name
    for name in eth0 eth1 eth2 eth3; do
        ip maddr show dev $name |
            awk -v dev=$name '$2 ~ /^(225|232)\.|^ff[03]e:/ { print dev, $1, $2 }'
    done | sort
    awk 'FNR > 1 { print $2, $3, $4, $5, $6 }' /proc/net/mcfilter /proc/net/mcfilter6 | sort
}

state() {
    echo "entries:" && mroutes | sort
    echo "IPv4 interfaces:" && vifs 4 | sort
    echo "IPv6 interfaces:" && vifs 6 | sort
    echo "groups:" && kernel_groups
    echo "shown groups:" && "$SMCROUTE" --show groups | awk 'NR > 1 { $1 = $1; print }' | sort
}

is_as_undisturbed() {
    state >now
    shown_routes >shown
    diff "$REFERENCE" now >differences && diff shown <(mroutes | sort) >>differences
}

heals() {
    local end=$((SECONDS + PATIENCE))
    until is_as_undisturbed; do
        [ $SECONDS -lt $end ] ||
            fail "not as in the undisturbed run after $PATIENCE s: $(cat differences)"
        sleep 0.1
    done
}

# ---- Claims ----

test_the_undisturbed_run_makes_every_call() {
    local what
    without_faults
    start_daemon -c 1
    [ -e $T/faults/calls ] ||
        skip "the library that makes calls fail cannot be loaded into this daemon"
    calls >$T/start_calls
    forget_calls
    scenario
    poll_until kernel_lacks 225.5.5.6
    poll_until kernel_lacks ff0e::56
    poll_until kernel_has "$S4 225.5.5.5 eth0 -> eth1 eth2"
    poll_until kernel_has "$S6 ff0e::55 eth0 -> eth1 eth2"
    calls >$T/run_calls
    state >"$REFERENCE"
    shown_routes >shown
    diff shown <(mroutes | sort)
    end_streams
    for what in $(all_kinds); do
        grep -qxF "$what" $T/run_calls || fail "there was no $what"
    done
    same "calls of an unknown kind" "$(sort -u $T/run_calls | grep -vxF "$(all_kinds)" || true)" ""
    while read -r what; do
        { all_kinds && start_cases; } | grep -qF "$what" || fail "no case has $what"
    done < <(sort -u $T/start_calls)
}

# Every kind of call of a daemon that runs. Only a start asks for all interfaces, or one that has
# lost messages: see more_cases.
all_kinds() {
    local n name
    for n in 4 6; do
        for name in MRT_ADD_VIF MRT_DEL_VIF MRT_ADD_MFC MRT_DEL_MFC; do
            echo "setsockopt:mrt$n:$name"
        done
        for name in JOIN_GROUP LEAVE_GROUP JOIN_SOURCE_GROUP LEAVE_SOURCE_GROUP; do
            echo "setsockopt:join$n:MCAST_$name"
        done
        printf '%s\n' socket:join$n:- ioctl:mrt$n:SIOCGETSGCNT ioctl:mrt$n:SIOCGETVIFCNT recvmmsg:mrt$n:-
    done
    printf '%s\n' recvmsg:links:- send:query:RTM_GETROUTE recv:query:-
}

# The error of each kind of call, and what the log says of it, if anything.
error_of() {
    case $1 in
        *MRT_ADD* | *MCAST_JOIN*) echo "EPERM|Operation not permitted" ;;
        setsockopt*) echo "ENOMEM|Cannot allocate memory" ;;
        socket*) echo "EMFILE|Too many open files" ;;
        # Messages were lost: the daemon asks anew.
        recvmsg:links:-) echo "ENOBUFS|" ;;
        *) echo "ENOMEM|" ;;
    esac
}

# positions WHAT: which of these calls are to fail. How often the daemon reads or asks is not the
# same each time, but that it does so twice is; nor how often it looks at the counters of interfaces,
# but it does for each of the five that are shown.
positions() {
    local count
    count=$(grep -cxF "$1" $T/run_calls)
    case $1 in
        re* | send*) printf '%s\n' 1 2 ;;
        *SIOCGETVIFCNT) printf '%s\n' 1 5 ;;
        *)
            if [ -n "${FAULTS_FULL:-}" ]; then
                seq "$count"
            else
                printf '%s\n' 1 $(((count + 1) / 2)) "$count" | sort -nu
            fi
            ;;
    esac
}

# A case is a line NAME|PLAN|STATUS|TEXT. STATUS is that of a start which fails; "run" for a failure
# while the daemon runs, "all" for one that lasts as long as the scenario, "start" for one that a
# start survives, "alone" for one that leaves it one family. TEXT is what is said of it.
run_cases() {
    local what n error name
    for what in $(all_kinds); do
        error=$(error_of "$what")
        name=${what//[:-]/_}
        for n in $(positions "$what"); do
            echo "${name}_${n}_fails|$what ${error%%|*} $n 1|run|${error#*|}"
        done
    done
}

more_cases() {
    local lost="recvmsg:links:- ENOBUFS 1 1000" what
    cat <<END
messages_of_links_are_lost|$lost|all|
asking_after_a_loss_fails|$lost;send:query:RTM_GETLINK ENOBUFS 1 1000|all|cannot ask for the network interfaces: No buffer space available
the_answer_after_a_loss_fails|$lost;recvmsg:query:- ENOMEM 1 1000|all|cannot read the network interfaces: Cannot allocate memory
the_socket_after_a_loss_fails|$lost;socket:query:- EMFILE 1 1000|all|cannot open an rtnetlink socket: Too many open files
no_entry_is_taken|setsockopt:mrt4:MRT_ADD_MFC ENOBUFS 1 1000|all|No buffer space available
no_entry_goes|setsockopt:mrt6:MRT_DEL_MFC ENOMEM 1 1000|all|Cannot allocate memory
no_interface_is_taken|setsockopt:mrt4:MRT_ADD_VIF ENOBUFS 1 1000|all|No buffer space available
no_group_is_left|setsockopt:join6:MCAST_LEAVE_GROUP ENOMEM 1 1000|all|Cannot allocate memory
upcalls_are_not_read_at_first|recvmmsg:mrt4:- ENOMEM 1 100;recvmmsg:mrt6:- ENOMEM 1 100|run|
entries_fail_three_times|setsockopt:mrt4:MRT_ADD_MFC ENOBUFS 1 3|run|No buffer space available
a_full_join_socket_has_another_beside_it|setsockopt:join4:MCAST_JOIN_GROUP ENOBUFS 1 1|run|
END
    echo "start_survives_a_route_of_its_own_words|setsockopt:mrt4:MRT_ADD_MFC ENOMEM 2 1|start|cannot install ($S4, 225.9.9.3): Cannot allocate memory"
    for what in mrt4:MRT_ADD_VIF mrt6:MRT_ADD_VIF mrt4:MRT_ADD_MFC mrt6:MRT_ADD_MFC \
        join4:MCAST_JOIN_GROUP join6:MCAST_JOIN_SOURCE_GROUP; do
        echo "start_survives_${what/:/_}|setsockopt:$what EPERM 1 1|start|Operation not permitted"
    done
}

start_cases() {
    local n
    for n in 4 6; do
        cat <<END
start_IPv${n}_socket_forbidden|socket:mrt$n:- EPERM 1 1|77|cannot open the IPv$n multicast routing socket: Operation not permitted (CAP_NET_RAW is missing)
start_IPv${n}_socket_no_memory|socket:mrt$n:- ENOMEM 1 1|71|cannot open the IPv$n multicast routing socket: Cannot allocate memory
start_IPv${n}_in_other_hands|setsockopt:mrt$n:MRT_INIT EADDRINUSE 1 1|alone|going on without IPv$n: another process owns the IPv$n multicast routing table
start_IPv${n}_routing_forbidden|setsockopt:mrt$n:MRT_INIT EACCES 1 1|77|cannot start IPv$n multicast routing: Permission denied (CAP_NET_RAW is missing)
start_without_IPv$n|socket:mrt$n:- EAFNOSUPPORT 1 1|alone|going on without IPv$n: IPv$n is not available in this kernel
start_without_IPv${n}_routing|setsockopt:mrt$n:MRT_INIT ENOPROTOOPT 1 1|alone|going on without IPv$n: IPv$n multicast routing is not built into this kernel
start_without_PIM_for_IPv$n|setsockopt:mrt$n:MRT_PIM ENOPROTOOPT 1 1|start|
start_without_reports_for_IPv$n|setsockopt:mrt$n:MRT_PIM ENOPROTOOPT 1 1;setsockopt:mrt$n:MRT_ASSERT ENOPROTOOPT 1 1|start|
start_with_a_small_buffer_for_IPv$n|setsockopt:mrt$n:SO_RCVBUFFORCE EPERM 1 1|start|
END
    done
    cat <<END
start_without_a_filter_for_IPv4|setsockopt:mrt4:SO_ATTACH_FILTER ENOMEM 1 1|start|
start_without_a_filter_for_IPv6|setsockopt:mrt6:ICMP6_FILTER ENOMEM 1 1|start|
start_without_either|socket:mrt4:- EAFNOSUPPORT 1 1;setsockopt:mrt6:MRT_INIT ENOPROTOOPT 1 1|76|IPv4 is not available in this kernel; IPv6 multicast routing is not built into this kernel
start_link_socket|socket:query:- EMFILE 1 1|71|cannot open an rtnetlink socket: Too many open files
start_query_socket|socket:query:- EMFILE 2 1|71|cannot open an rtnetlink socket: Too many open files
start_dump_socket|socket:query:- EMFILE 3 1|71|cannot open an rtnetlink socket: Too many open files
start_with_a_small_buffer_for_links|setsockopt:query:SO_RCVBUFFORCE EPERM 1 1;setsockopt:query:SO_RCVBUF ENOMEM 1 1|start|
start_subscription|bind:query:- EPERM 1 1|71|cannot follow the network interfaces: Operation not permitted
start_question|send:query:RTM_GETLINK ENOBUFS 1 1|71|cannot ask for the network interfaces: No buffer space available
start_first_answer|recvmsg:query:- ENOMEM 1 1|71|cannot read the network interfaces: Cannot allocate memory
start_last_answer|recvmsg:query:- ENOMEM 2 1|71|cannot read the network interfaces: Cannot allocate memory
END
}

# How many calls failed is how many the plan wanted to.
all_failed() {
    same "number of calls that failed" "$(calls | grep -c ' failed$' || true)" \
        "$(tr ';' '\n' <<<"$1" | awk '{ sum += $4 } END { print sum }')"
}

# disturbed PLAN TEXT
disturbed() {
    without_faults
    start_daemon -c 1
    plan "$1"
    forget_calls
    scenario
    heals
    all_failed "$1"
    grep -qF -- "$2" "$(the_log)"
    end_streams
}

# disturbed_throughout PLAN TEXT
disturbed_throughout() {
    local what
    without_faults
    start_daemon -c 1
    plan "$1"
    forget_calls
    scenario
    for what in $(tr ';' '\n' <<<"$1" | cut -d' ' -f1); do
        grep -qxF "$what failed" <(calls)
    done
    plan ""
    heals
    grep -qF -- "$2" "$(the_log)"
    end_streams
}

# start_survives PLAN TEXT
start_survives() {
    without_faults
    plan "$1"
    start_daemon -c 1 -a eth0 $S4 225.9.9.3 eth1
    all_failed "$1"
    grep -qF -- "$2" "$(the_log)"
    scenario
    heals
    end_streams
}

# start_goes_on_alone PLAN TEXT
start_goes_on_alone() {
    without_faults
    plan "$1"
    start_daemon
    all_failed "$1"
    grep -qF -- "$2" "$(the_log)"
    case $2 in
        *IPv4*) same "entries" "$(mroutes)" "$S6 $G6 eth0 -> eth1 eth2" ;;
        *) same "entries" "$(mroutes)" "$S4 $G4 eth0 -> eth1 eth2" ;;
    esac
}

# start_fails PLAN STATUS TEXT
start_fails() {
    without_faults
    plan "$1"
    run "$2" "${wrap[@]}" "$SMCROUTE" -n
    all_failed "$1"
    # An ordinary user has no second one for the worker.
    same "what a failed start says" \
        "$(cat out err | grep -v ': the worker stays the user it is: ')" "smcroute: $3"
}

# try CASE
try() {
    local name plan status text
    IFS='|' read -r name plan status text <<<"$1"
    case $status in
        run) disturbed "$plan" "$text" ;;
        all) disturbed_throughout "$plan" "$text" ;;
        start) start_survives "$plan" "$text" ;;
        alone) start_goes_on_alone "$plan" "$text" ;;
        *) start_fails "$plan" "$status" "$text" ;;
    esac
}

# Each case is a claim.
work_off() {
    local case name
    while read -r case <&3; do
        name=${case%%|*}
        [[ $name == *"${ONLY:-}"* ]] || continue
        eval "test_$name() { try \"\$case\"; }"
        run_claim "$name"
    done 3<"$FAULTS_SHARE"
}

if [ -n "${FAULTS_SHARE:-}" ]; then
    work_off
else
    run_claim the_undisturbed_run_makes_every_call
    [ ! -e "$REFERENCE" ] || { run_cases && more_cases && start_cases; } >"$FAULTS_DIR/cases"
fi
exit $failed
