#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Several daemons side by side (-i, -t, -P, -u), a daemon that leaves root behind (-p), and the check
# of a file without any daemon (-F).

. "$(dirname "$0")/lib.sh"
network 3

# ---- Two instances ----

# start_lab [OPTION...]: a second daemon, "lab", on table 100, which gets what comes in by eth0.
start_lab() {
    ip -4 mrule add iif eth0 table 100
    ip -6 mrule add iif eth0 table 100
    "$PEST" keep lab.ended "${wrap[@]}" "$SMCROUTE" -d -i lab -t 100 "$@" >lab.out 2>lab.err \
        </dev/null || fail "the second daemon did not start: $(cat lab.err)"
    LAB=$(cat /run/lab.pid)
}

lab() { client -i lab "$@"; }

stop_lab() {
    lab -k
    poll_until grep -qx "$LAB exit 0" lab.ended
    not test -e /run/lab
    not test -e /run/lab.pid
    same "what is left in table 100" "$(routes_of_lab)" ""
    rm -f /etc/lab.conf
    ip -4 mrule del iif eth0 table 100
    ip -6 mrule del iif eth0 table 100
}

# The entries of table 100, as "SOURCE GROUP".
routes_of_lab() {
    { ip -4 mroute show table 100 && ip -6 mroute show table 100; } 2>/dev/null |
        sed -n 's/^(\([^,]*\),\([^)]*\)).*/\1 \2/p'
}
lab_routes_nothing() { [ -z "$(routes_of_lab)" ]; }
# lab_routes ENTRY...: table 100 holds these and no others.
lab_routes() { [ "$(routes_of_lab)" = "$(printf '%s\n' "$@")" ]; }
# mroutes shows the default table only where the kernel has others.
routes_of_default() {
    { ip -4 mroute show table default && ip -6 mroute show table main; } |
        sed -n 's/^(\([^,]*\),\([^)]*\)).*/\1 \2/p'
}

test_two_instances_on_two_tables_each_with_its_own_client() {
    start_daemon
    start_lab
    same "what the second daemon said" "$(cat lab.out lab.err)" ""
    client -a eth2 10.0.2.2 $G4 eth3 -a eth2 fd00:2::2 $G6 eth3 -j eth2 225.7.7.7
    lab -a eth0 $S4 $G4 eth1 -a eth0 $G6 eth1
    same "routes of the one" "$(routes_of_default)" "10.0.2.2 $G4
fd00:2::2 $G6"
    same "routes of the other" "$(routes_of_lab)" "$S4 $G4"
    streams_to r1 $G4 4
    streams_to r1 $G6 4
    same "routes of the other" "$(routes_of_lab)" "$S4 $G4
$S6 $G6"
    listen r3 $G4 $G6 -n 8
    in_ns r2 "$MCAST" send $G4 -i eth0 -n 4 -r 0
    in_ns r2 "$MCAST" send $G6 -i eth0 -n 4 -r 0
    heard r3 lost=0
    refused 1 -r eth0 $S4 $G4
    refused 1 -i lab -r eth2 10.0.2.2 $G4
    refused 1 -i lab -l eth2 225.7.7.7
    stop_lab
    same "routes of the one" "$(routes_of_default)" "10.0.2.2 $G4
fd00:2::2 $G6"
    joined eth2 225.7.7.7
    client -a eth2 10.0.2.2 225.9.9.9 eth3
}

test_each_instance_has_its_own_file_socket_pid_file_and_name_in_the_log() {
    echo "mroute from eth2 source 10.0.2.2 group $G4 to eth3" | config
    echo "mroute from eth0 source $S6 group $G6 to eth1" >/etc/lab.conf
    start_daemon
    start_lab
    test -S /run/lab
    same "mode of the socket" "$(stat -c %a /run/lab)" 600
    poll_until grep -qE "<29>.* lab\[$LAB\]: " $SYSLOG
    same "routes of the one" "$(routes_of_default)" "10.0.2.2 $G4"
    same "routes of the other" "$(routes_of_lab)" "$S6 $G6"
    echo "mroute from eth0 source $S4 group $G4 to eth1" >/etc/lab.conf
    client --reload
    same "routes of the other" "$(routes_of_lab)" "$S6 $G6"
    lab --reload
    same "routes of the other" "$(routes_of_lab)" "$S4 $G4"
    same "routes of the one" "$(routes_of_default)" "10.0.2.2 $G4"
    : >/etc/lab.conf
    kill -HUP "$LAB"
    poll_until lab_routes_nothing
    same "routes of the one" "$(routes_of_default)" "10.0.2.2 $G4"
    stop_lab
}

test_the_end_and_the_flush_of_one_instance_leave_the_streams_of_the_other_alone() {
    start_daemon
    start_lab
    client -a eth2 $G4 eth3
    lab -a eth0 $G4 eth1 -a eth0 $G6 eth1
    # Learned before they run: of what comes meanwhile the kernel keeps a few packets only.
    send $G4
    send $G6
    poll_until lab_routes "$S4 $G4" "$S6 $G6"
    listen r1 $G4 $G6
    stream sender $G4 -r 500
    stream sender $G6 -r 500
    in_ns r2 "$MCAST" send $G4 -i eth0 -n 4 -r 0
    poll_until received_at_least r1 50
    client --flush
    stop_daemon
    start_daemon
    client -k
    ended_well
    DAEMON=
    end_streams
    heard_only r1 first=0 gaps=0 duplicated=0
    stop_lab
}

test_a_table_that_another_instance_has_is_taken() {
    start_daemon
    start_lab
    run 69 "${wrap[@]}" "$SMCROUTE" -d -i third -t 100
    same "lines on standard error" "$(wc -l <err)" 1
    grep -qw "$LAB" err
    run 69 "${wrap[@]}" "$SMCROUTE" -d -i third
    grep -qw "$DAEMON" err
    not test -e /run/third
    not test -e /run/third.pid
    stop_lab
}

test_socket_pid_file_and_configuration_may_be_anywhere() {
    mkdir elsewhere
    echo "mroute from eth0 source $S4 group $G4 to eth1" >elsewhere/file
    "$PEST" keep ended "${wrap[@]}" "$SMCROUTE" -d -P elsewhere/pid -u elsewhere/socket \
        -f elsewhere/file 2>daemon.err </dev/null
    DAEMON=$(cat elsewhere/pid)
    test -S elsewhere/socket
    same "mode of the socket" "$(stat -c %a elsewhere/socket)" 600
    not test -e /run/smcroute
    not test -e /run/smcroute.pid
    kernel_has "$S4 $G4 eth0 -> eth1"
    client -u elsewhere/socket -a eth0 $S6 $G6 eth1
    kernel_has "$S6 $G6 eth0 -> eth1"
    (cd elsewhere && "$SMCROUTE" --socket socket --reload)
    kernel_lacks $S6
    client -u "$PWD/elsewhere/socket" -k
    ended_well
    same "what is left" "$(ls elsewhere)" file
    DAEMON=
}

# ---- Another user ----

uids_of() { awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$1/status"; }
gids_of() { awk '/^Gid:/ { print $2, $3, $4, $5 }' "/proc/$1/status"; }

can_change_user() {
    setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null || skip "no second user here"
    id nobody >/dev/null 2>&1 || skip "no user nobody"
}

# is_user UID GID PID: in all respects.
is_user() {
    same "user ids" "$(uids_of "$3")" "$1 $1 $1 $1"
    same "group ids" "$(gids_of "$3")" "$2 $2 $2 $2"
    not grep -qE '^Groups:.*\<0\>' "/proc/$3/status"
}

start_with_a_route_for_nobody() {
    can_change_user
    echo "mroute from eth0 source $S4 group $G4 to eth1 late0" | config
    start_daemon -p nobody -t 100 "$@"
}

does_all_its_work_on_table_100() {
    ip -4 mrule add iif eth0 table 100
    ip -6 mrule add iif eth0 table 100
    client -a eth0 $S6 $G6 eth1 -a eth0 225.5.5.5 eth1 -j eth0 225.7.0.0/24 -j eth0 fd00::9 ff3e::9
    joined eth0 225.7.0.255
    joined eth0 ff3e::9
    streams_to r1 $G4 4
    streams_to r1 $G6 4
    streams_to r1 225.5.5.5 4
    ip link add late0 type veth peer name late1
    poll_until eval 'ip mroute show table 100 | grep -q "Oifs: eth1 late0"'
    ip link del late0
    local before
    before=$(stat -c %y /run/smcroute.pid)
    echo "mroute from eth0 source $S4 group 225.9.9.9 to eth1" | config
    client --reload
    ip mroute show table 100 | grep -qE "\($S4,225.9.9.9\) .*Iif: eth0 .*Oifs: eth1( |$)"
    not grep -qF $G4 <(routes_of_lab)
    [ "$(stat -c %y /run/smcroute.pid)" != "$before" ]
    streams_to r1 225.9.9.9 4
    ip -4 mrule del iif eth0 table 100
    ip -6 mrule del iif eth0 table 100
    client -k
    ended_well
    DAEMON=
    same "routes after the end" "$(routes_of_lab)" ""
}

test_with_p_the_worker_is_that_user_the_guard_stays_root_and_nothing_is_left_behind() {
    start_with_a_route_for_nobody
    same "user ids of the guard" "$(uids_of "$DAEMON")" "0 0 0 0"
    is_user "$(id -u nobody)" "$(id -g nobody)" "$(worker)"
    does_all_its_work_on_table_100
    nothing_left
}

# is_user_of_its_own PID
is_user_of_its_own() {
    local user
    user=$(uids_of "$1" | cut -d' ' -f1)
    [ "$user" -ge 60578 ]
    [ "$user" -le 61183 ]
    is_user "$user" "$user" "$1"
    same "processes of user $user" \
        "$(awk -v user="$user" '/^Uid:/ && $2 == user' /proc/[0-9]*/status | wc -l)" 1
}

# as_others COMMAND...: as the user that daemons of all kinds share.
as_others() { setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups "$@"; }

test_without_p_the_worker_is_a_user_whom_no_other_process_is() {
    can_change_user
    not grep -q ^smcroute: /etc/passwd
    start_daemon
    is_user_of_its_own "$(worker)"
    not as_others kill -STOP "$(worker)" 2>/dev/null
    not as_others cat "/proc/$(worker)/environ" 2>/dev/null
    local first=$DAEMON
    "${wrap[@]}" "$SMCROUTE" -d -i other -t 100
    is_user_of_its_own "$(worker)"
    DAEMON=$(cat /run/other.pid)
    is_user_of_its_own "$(worker)"
    client -i other -k
    DAEMON=$first
}

test_without_p_the_worker_is_the_user_smcroute_of_the_system() {
    can_change_user
    { cat /etc/passwd && echo "smcroute:x:61777:61778::/:/bin/false"; } >passwd
    mv passwd /etc/passwd
    start_daemon
    is_user 61777 61778 "$(worker)"
    ln -sf $T/real-etc/passwd /etc/passwd
}

test_with_p_and_single_the_daemon_leaves_root_and_does_all_its_work() {
    start_with_a_route_for_nobody --single
    is_user "$(id -u nobody)" "$(id -g nobody)" "$DAEMON"
    does_all_its_work_on_table_100
    # They are in a directory of root's; the next start replaces them.
    test -e /run/smcroute
    start_daemon
    stop_daemon
}

test_with_p_a_file_that_only_root_may_read_is_read_again_at_reload() {
    can_change_user
    mkdir -m 700 secret
    echo "include $PWD/secret/*.conf" | config
    echo "mroute from eth0 source $S4 group $G4 to eth1" >secret/a.conf
    chmod 600 /etc/smcroute.conf secret/a.conf
    start_daemon -p nobody
    kernel_has "$S4 $G4 eth0 -> eth1"
    echo "mroute from eth0 source $S4 group 225.9.9.9 to eth1" >secret/b.conf
    chmod 600 secret/b.conf
    client --reload
    kernel_has "$S4 225.9.9.9 eth0 -> eth1"
}

test_with_p_and_single_a_file_that_only_root_may_read_is_refused_and_nothing_changes() {
    can_change_user
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    chmod 600 /etc/smcroute.conf
    start_daemon -p nobody --single
    kernel_has "$S4 $G4 eth0 -> eth1"
    run 78 "$SMCROUTE" --reload
    grep -qF /etc/smcroute.conf err
    kernel_has "$S4 $G4 eth0 -> eth1"
    client -k
    ended_well
    DAEMON=
    rm -f /run/smcroute /run/smcroute.pid
}

# user_of_the_script [OPTION...]: the id of the user as whom -e runs its program.
user_of_the_script() {
    can_change_user
    chmod 755 .
    printf '#!/bin/sh\nid -u >%s\n' "$PWD/id" >hook
    chmod 755 hook
    : >id
    chmod 666 id
    start_daemon -p nobody -e "$PWD/hook" "$@"
    poll_until test -s id
}
test_with_p_the_program_of_e_runs_as_root() {
    user_of_the_script
    same "user of the program" "$(cat id)" 0
}
test_with_p_and_single_the_program_of_e_runs_as_that_user() {
    user_of_the_script --single
    same "user of the program" "$(cat id)" "$(id -u nobody)"
    client -k
    ended_well
    DAEMON=
    rm -f /run/smcroute /run/smcroute.pid
}

test_with_p_the_worker_may_have_another_group() {
    can_change_user
    start_daemon -p 65534:7
    is_user 65534 7 "$(worker)"
}

test_with_p_and_single_and_a_group_in_a_directory_of_its_own_nothing_is_left_behind() {
    can_change_user
    mkdir /run/smcroute-own
    chown 65534:7 /run/smcroute-own
    "$PEST" keep ended "${wrap[@]}" "$SMCROUTE" -d --single -p 65534:7 -P /run/smcroute-own/pid \
        -u /run/smcroute-own/socket 2>daemon.err </dev/null
    DAEMON=$(cat /run/smcroute-own/pid)
    is_user 65534 7 "$DAEMON"
    client -u /run/smcroute-own/socket -a eth0 $S4 $G4 eth1
    streams_to r1 $G4 4
    client -u /run/smcroute-own/socket -k
    ended_well
    DAEMON=
    same "what is left" "$(ls -A /run/smcroute-own)" ""
}

test_with_p_an_unknown_user_is_wrong_usage_and_named() {
    run 64 "${wrap[@]}" "$SMCROUTE" -d -p nosuchuser
    same "lines on standard error" "$(wc -l <err)" 1
    grep -qw nosuchuser err
    run 64 "${wrap[@]}" "$SMCROUTE" -d -p 65534:nosuchgroup
    grep -qw nosuchgroup err
    nothing_left
}

# ---- Checking a file ----

# unprivileged COMMAND...: without a single capability.
unprivileged() {
    setpriv --bounding-set=-all --inh-caps=-all "$@"
}

test_checking_a_file_needs_no_privilege_and_opens_no_socket() {
    unprivileged true 2>/dev/null || skip "no setpriv"
    cat >good.conf <<END
phyint eth1 ttl-threshold 3
mroute from eth+ source 10.0.0.0/8 except 10.1.0.0/16 group $G4 to nosuch0 eth1
mgroup from nosuch1 source fd00::/120 group $G6
END
    run 0 unprivileged "$SMCROUTE" -F good.conf
    same "what was said" "$(cat out err)" ""
    run 0 unprivileged "$SMCROUTE" --check good.conf
    run 0 unprivileged "$SMCROUTE" --check=good.conf
    not test -e /run/smcroute
    not test -e /run/smcroute.pid
    same "the kernel's slots" "$(vifs 4)$(vifs 6)" ""
}

test_checking_a_bad_file_prints_every_diagnostic_with_status_78() {
    cat >bad.conf <<END
mroute from eth0 group 10.1.2.3 to eth1
mroute from eth0 group $G4 to eth0
mroute from eth0 source $S4 group $G6 to eth1
mgroop from eth0 group $G4
END
    start_daemon
    run 78 unprivileged "$SMCROUTE" -F bad.conf
    same "standard output" "$(cat out)" ""
    local place
    for place in ':1:24: error: ' ':2:37: warning: ' ':3:[0-9]+: error: ' ':4:1: error: '; do
        grep -qE "bad\.conf$place" err
    done
    same "number of errors" "$(grep -c ': error: ' err)" 3
    same "the kernel's table" "$(mroutes)" ""
    run 78 unprivileged "$SMCROUTE" -F nosuch.conf
    grep -qF nosuch.conf err
}

namespace_of() { readlink "/proc/$1/ns/net"; }

# is_refused WORD...: for the network namespace, with both named and what to do.
is_refused() {
    local status=0
    in_ns r1 "$SMCROUTE" "$@" >out 2>err </dev/null || status=$?
    same "exit status of $*" $status 77
    same "what is said of $*" "$(cat out err)" "smcroute: the daemon at /var/run/smcroute is of\
 network namespace $(namespace_of "$DAEMON"), this client of r1 ($(in_ns r1 readlink\
 /proc/self/ns/net)): use -i NAME for a daemon of this one, ip netns exec or nsenter to be in that\
 one, or -u if that daemon is meant"
}

test_a_client_of_another_network_is_refused_unless_it_names_the_socket() {
    local words
    for words in "" --single; do
        # shellcheck disable=SC2086 # the words are words
        start_daemon $words
        is_refused -a eth0 $S4 $G4 eth1
        is_refused --show
        is_refused -k
        is_refused --monitor
        same "entries" "$(mroutes)" ""
        in_ns r1 "$SMCROUTE" -u /var/run/smcroute -a eth0 $S4 $G4 eth1
        kernel_has "$S4 $G4 eth0 -> eth1"
        # A daemon of its own, by a name of its own.
        in_ns r1 "$SMCROUTE" -d -i there
        in_ns r1 "$SMCROUTE" -i there -a eth0 $S4 $G4 lo
        in_ns r1 "$SMCROUTE" -i there -k
        stop_daemon
    done
}

test_a_reader_of_another_network_is_refused_too() {
    local user=(setpriv --reuid=65534 --regid=65534 --clear-groups) status=0
    "${user[@]}" test -x "$SMCROUTE" 2>/dev/null || skip "no second user here"
    start_daemon --group 65534
    run 0 "${user[@]}" "$SMCROUTE" --show
    in_ns r1 "${user[@]}" "$SMCROUTE" --show 2>err || status=$?
    same "exit status" $status 77
    grep -q '^smcroute: the daemon at /var/run/smcroute is of network namespace ' err
}

run_claims
