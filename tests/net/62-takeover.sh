#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Another program in the place of the one that runs, and another guard after one that died or was
# restarted: nobody on the network notices, and what cannot take over leaves everything as it was.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/undisturbed.sh"
network 2

[ ${#wrap[@]} = 0 ] || UPGRADES=2 KILLS=2
UPGRADES=${UPGRADES:-10}
KILLS=${KILLS:-10}
GUARD=$SMCROUTE

# The program is to be found at the path from which it was started, which valgrind hides.
can_upgrade() { [ ${#wrap[@]} = 0 ] || skip "the program that runs is valgrind"; }

# install FILE: in the place of our own copy of the program, as a package manager does it.
install() {
    cp "$1" smcroute.new
    chmod 755 smcroute.new
    mv smcroute.new smcroute
}

# start_copy: the daemon from a copy of the program in the claim's directory.
start_copy() {
    install "$GUARD"
    SMCROUTE=$PWD/smcroute start_daemon
}

logged() { grep -c "^.*: $1\$" "$(the_log)" || true; }
logged_times() { [ "$(logged "$2")" -ge "$1" ]; }

# A client has its answer when the new worker reads, not before.
upgrade() {
    local before
    before=$(logged 'smcroute has been upgraded')
    install "$GUARD"
    kill -USR2 "$DAEMON"
    poll_until logged_times $((before + 1)) 'smcroute has been upgraded'
}

# only_one_worker: of this guard, and none that an earlier one has left.
only_one_worker() {
    same "workers" "$(grep -lx smcroute-worker /proc/[0-9]*/comm | wc -l)" 1
    same "workers of the daemon" "$(worker | wc -l)" 1
}

# still_there PID: the daemon is the process that it was, and is found where it was.
still_there() {
    same "pid file" "$(cat /run/smcroute.pid)" "$1"
    same "daemon" "$DAEMON" "$1"
    not gone "$1"
    run 0 "$SMCROUTE" --show status
    only_one_worker
}

test_ten_upgrades_beneath_streams_lose_no_packet() {
    can_upgrade
    by_clients start_copy
    local before=$DAEMON shown
    shown=$("$SMCROUTE" --show groups)
    undisturbed "$UPGRADES" upgrade
    still_there "$before"
    same "groups" "$("$SMCROUTE" --show groups)" "$shown"
    kernel_has "$S4 $G4 eth0 -> eth1"
    client -r eth0 $S4 $G4
    kernel_lacks $G4
    streams_to r1 225.5.5.6 3
}

test_an_upgrade_keeps_streams_that_are_learned_and_the_command_line() {
    can_upgrade
    echo "mroute from eth0 group 225.5.0.0/16 to eth1" | config
    install "$GUARD"
    SMCROUTE=$PWD/smcroute start_daemon -a eth0 $S6 $G6 eth1 -s
    streams_to r1 225.5.5.5 3
    local before
    before=$("$SMCROUTE" --show routes | awk '{ print $1, $2, $3, $4 }')
    upgrade
    same "routes" "$("$SMCROUTE" --show routes | awk '{ print $1, $2, $3, $4 }')" "$before"
    same "words" "$(tr '\0' ' ' <"/proc/$DAEMON/cmdline")" \
        "$PWD/smcroute -d -a eth0 $S6 $G6 eth1 -s "
    install "$GUARD"
    kill -USR2 "$DAEMON"
    poll_until logged_times 2 'smcroute has been upgraded'
}

test_a_reload_asked_for_just_before_an_upgrade_is_done() {
    can_upgrade
    start_copy
    local pid
    pid=$(worker)
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    kill -STOP "$pid"
    kill -HUP "$DAEMON"
    upgrade
    poll_until kernel_has "$S4 $G4 eth0 -> eth1"
    only_one_worker
}

shows_routes() { "$SMCROUTE" --show status | grep -qx "routes: *$1"; }

# The old worker is killed some 40 ms after USR2; the reload takes longer than that.
test_a_reload_under_way_at_an_upgrade_is_begun_again() {
    can_upgrade
    start_copy
    local before
    before=$(logged 'smcroute has been upgraded')
    awk 'BEGIN { for (i = 0; i < 30000; i++) printf "mroute from eth0 source 10.%d.%d.9 group 225.9.%d.9 to eth1\n",
        100 + i % 100, int(i / 100) % 250, i / 25000 }' | config
    kill -HUP "$DAEMON"
    kill -USR2 "$DAEMON"
    poll_until logged_times $((before + 1)) 'smcroute has been upgraded'
    poll_until shows_routes 30000
}

test_an_upgrade_that_is_followed_by_term_at_once_ends_all_the_same() {
    can_upgrade
    local delay
    for delay in 0 0.01 0.02 0.03 0.04; do
        start_copy
        kill -USR2 "$DAEMON"
        sleep $delay
        stop_daemon
        nothing_left
    done
}

# ---- What cannot take over ----

# refuses_to_become TEXT: the program goes on, and has said so with these words.
refuses_to_become() {
    local before
    before=$(worker)
    kill -USR2 "$DAEMON"
    poll_until logged_times 1 "cannot upgrade: $1"
    same "worker" "$(worker)" "$before"
    still_there "$DAEMON"
}

is_refused() {
    can_upgrade
    start_copy
    client -a eth0 $S4 $G4 eth1
    "${@:2}"
    refuses_to_become "$1"
    kernel_has "$S4 $G4 eth0 -> eth1"
    upgrade
}

test_what_is_no_program_does_not_replace_it() {
    echo "no program" >none
    is_refused "cannot run $PWD/smcroute: Exec format error" install none
}

test_a_program_that_knows_nothing_of_it_does_not_replace_it() {
    is_refused "$PWD/smcroute does not know how to take over: it exited with status 0" \
        install /bin/true
}

test_a_program_that_may_not_be_run_does_not_replace_it() {
    is_refused "cannot run $PWD/smcroute: Permission denied" chmod a-x smcroute
}

test_a_program_that_is_missing_does_not_replace_it() {
    is_refused "cannot run $PWD/smcroute: No such file or directory" rm smcroute
}

# install_wrapper WORDS: a program that passes the trial, and then runs the real one with them.
install_wrapper() {
    cat >wrapper <<END
#!/bin/sh
if [ "\$SMCROUTE_HANDOVER" = trial ]; then
    echo "smcroute takes over, version 1"
else
    exec $1
fi
END
    install wrapper
}

# fails_to_become: our program is replaced by what is installed, and is back soon.
fails_to_become() {
    local before
    before=$(logged 'smcroute goes on as before the upgrade')
    kill -USR2 "$DAEMON"
    poll_until logged_times $((before + 1)) 'going back to the program before the upgrade'
    poll_until logged_times $((before + 1)) 'smcroute goes on as before the upgrade'
}

test_a_program_that_does_not_start_leads_back_to_the_one_before() {
    can_upgrade
    by_clients start_copy
    install_wrapper "$GUARD \"\$@\" -p nosuchuser"
    undisturbed 1 fails_to_become
    logged_times 1 'there is no user "nosuchuser"'
    still_there "$DAEMON"
    upgrade
    still_there "$DAEMON"
    client -r eth0 $S4 $G4
}

test_a_client_upgrades_and_has_its_answer_from_the_new_program() {
    can_upgrade
    by_clients start_copy
    install "$GUARD"
    undisturbed 1 client --upgrade
    logged_times 1 'smcroute has been upgraded'
    "$SMCROUTE" --show status | grep -qx 'last upgrade:  *done'
    still_there "$DAEMON"
    # What follows in one call goes to the new one.
    client --upgrade -r eth0 $S4 $G4
    kernel_lacks $G4
}

test_a_client_is_told_of_an_upgrade_that_came_to_nothing() {
    can_upgrade
    start_copy
    install_wrapper "$GUARD \"\$@\" -p nosuchuser"
    refused 1 --upgrade
    same "reason" "$(cat err)" \
        "smcroute: the new program could not start: the one before goes on (see the log)"
    "$SMCROUTE" --show status | grep -qx 'last upgrade:  *went back'
    install /bin/true
    refused 1 --upgrade
    same "reason" "$(cat err)" "smcroute: cannot upgrade: $PWD/smcroute does not know how to take over:\
 it exited with status 0"
    still_there "$DAEMON"
}

# A program that is gone after its trial.
test_a_client_is_told_of_an_upgrade_that_fails_after_its_trial() {
    can_upgrade
    by_clients start_copy
    cat >wrapper <<END
#!/bin/sh
rm $PWD/smcroute
echo "smcroute takes over, version 1"
END
    install wrapper
    undisturbed 1 refused 1 --upgrade
    same "reason" "$(cat err)" \
        "smcroute: the new program could not start: the one before goes on (see the log)"
    "$SMCROUTE" --show status | grep -qx 'last upgrade:  *went back'
    logged_times 1 "cannot upgrade: cannot run $PWD/smcroute: No such file or directory"
    still_there "$DAEMON"
    same "directory" "$(readlink "/proc/$DAEMON/cwd")" /
    upgrade
}

start_where_it_will_be_gone() {
    install "$GUARD"
    mkdir gone
    (cd gone && "$PEST" keep ../ended "$OLDPWD/smcroute" -d "$@" 2>../daemon.err)
    DAEMON=$(cat /run/smcroute.pid)
    rm -r gone
}

test_a_daemon_whose_directory_is_gone_is_upgraded() {
    can_upgrade
    start_where_it_will_be_gone
    client --upgrade
    "$SMCROUTE" --show status | grep -qx 'last upgrade:  *done'
}

test_a_daemon_whose_directory_is_gone_with_its_file_is_not_upgraded() {
    can_upgrade
    start_where_it_will_be_gone -f conf
    refused 1 --upgrade
    same "reason" "$(cat err)" "smcroute: cannot upgrade: cannot change to directory $PWD/gone:\
 No such file or directory"
    mkdir gone
    client --upgrade
}

# More than there is room for in one variable of the environment.
test_an_upgrade_with_7000_sockets_that_hold_groups() {
    can_upgrade
    ulimit -n 8192 2>/dev/null || skip "no way to have so many descriptors"
    one_group_each
    echo "mgroup from eth0 group 225.7.0.0/20
mgroup from eth1 group 225.8.0.0/21
mgroup from eth1 group 225.9.0.0/22" | config
    start_copy
    many_groups_each
    [ "$(descriptors)" -gt 7000 ]
    local before
    before=$(descriptors)
    client --upgrade
    joined eth0 225.7.15.255
    joined eth1 225.9.3.255
    [ "$(descriptors)" -le "$before" ]
    still_there "$DAEMON"
}
descriptors() { find "/proc/$DAEMON/fd" -type l | wc -l; }

test_without_a_guard_there_is_no_upgrade() {
    start_daemon --single
    refused 1 --upgrade
    same "reason" "$(cat err)" \
        "smcroute: cannot upgrade a daemon without a guard (--single): restart it"
}

test_a_program_whose_worker_does_not_live_leads_back_to_the_one_before() {
    can_upgrade
    by_clients start_copy
    can_make_calls_fail
    is_plain || skip "says nothing with a sanitizer"
    # Once, and not again with the program before it.
    mkdir faults
    install_wrapper "env LD_PRELOAD=$FAULTS_LIBRARY FAULTS=$PWD/faults $GUARD \"\$@\""
    printf '%-15s\n%s\n' 1 "bind:query:- EPERM 1 1" >faults/plan
    undisturbed 1 fails_to_become
    logged_times 1 'cannot follow the network interfaces: Operation not permitted'
    still_there "$DAEMON"
    upgrade
    still_there "$DAEMON"
}

# The one before started without IPv6, whose table another program owns by the time of the upgrade.
test_a_program_that_finds_the_table_of_one_family_taken_goes_on_with_the_other() {
    can_upgrade
    can_make_calls_fail
    is_plain || skip "says nothing with a sanitizer"
    mkdir faults
    plan() { printf '%-15s\n%-60s\n' "$1" "setsockopt:mrt6:MRT_INIT $2" 1<>faults/plan; }
    plan 1 "ENOPROTOOPT 1 1000"
    local wrap=(env "LD_PRELOAD=$FAULTS_LIBRARY" "FAULTS=$PWD/faults")
    start_copy
    client -a eth0 $S4 $G4 eth1 -j eth0 225.7.7.7
    plan 2 "EADDRINUSE 1 1"
    kill -USR2 "$DAEMON"
    poll_until logged_times 1 'smcroute has been upgraded'
    grep -q ': going on without IPv6: another process owns the IPv6 multicast routing table ' "$(the_log)"
    kernel_has "$S4 $G4 eth0 -> eth1"
    joined eth0 225.7.7.7
    still_there "$DAEMON"
}

# ---- Under a service manager ----

# managed [OPTION...]: the daemon, as systemd runs it; the events of the manager's are in "events".
managed() {
    "$SERVICE_MANAGER" --log events "$SMCROUTE" -n "$@" >daemon.out 2>daemon.err </dev/null &
    MANAGER=$!
    poll_until is_ready 1
    find_daemon
}
find_daemon() { DAEMON=$(sed -n 's/^started //p' events | tail -n 1); }
is_ready() { [ "$(grep -c '^ready' events)" -ge "$1" ]; }
starts() { grep -c '^started' events; }

# starts_again SIGNAL PROCESS: returns when the next guard is ready.
starts_again() {
    local before
    before=$(starts)
    kill "-$1" "$2"
    poll_until is_ready_again $((before + 1))
    find_daemon
    only_one_worker
}
is_ready_again() {
    awk -v starts="$1" '/^started/ { n++; ready = 0 } /^ready/ { ready = 1 }
        END { exit !(n == starts && ready) }' events
}
kill_guard() { starts_again KILL "$DAEMON"; }
restart() { starts_again USR1 "$MANAGER"; }

# manager_ends: the service, and all that was kept for it.
manager_ends() {
    local status=0
    wait "$MANAGER" || status=$?
    same "status of the manager" $status 0
    DAEMON=
    nothing_left
}
stop_manager() {
    kill -TERM "$MANAGER"
    manager_ends
}

test_a_guard_killed_under_a_manager_beneath_streams_loses_no_packet() {
    by_clients managed
    undisturbed "$KILLS" kill_guard
    same "guards that were killed" "$(grep -c 'was killed by signal 9, restarting' events)" "$KILLS"
    stop_manager
    not joined eth0 225.7.7.7
}

test_a_restart_beneath_streams_loses_no_packet() {
    by_file managed
    undisturbed "$KILLS" restart
    same "guards that ended" "$(grep -c 'ended with status 0, restarting' events)" "$KILLS"
    stop_manager
    not joined eth0 225.7.7.7
}

test_an_upgrade_under_a_manager_is_no_start() {
    can_upgrade
    install "$GUARD"
    SMCROUTE=$PWD/smcroute by_clients managed
    undisturbed 3 upgrade_managed
    same "starts" "$(starts)" 1
    still_there "$DAEMON"
    # The next guard has from the store what the first had put there.
    kill_guard
    kernel_has "$S4 $G4 eth0 -> eth1"
    stop_manager
}
upgrade_managed() {
    local before
    before=$(grep -c '^ready' events)
    kill -USR2 "$DAEMON"
    poll_until is_ready $((before + 1))
}

# entries_untouched COMMAND...: beneath it the kernel's entries and interfaces are not written to.
entries_untouched() {
    follow
    "$@"
    # Whatever had been written would have been seen before this.
    client -a eth0 $S4 225.9.9.9 eth1
    poll_until grep -qF "($S4,225.9.9.9)" changes
    client -r eth0 $S4 225.9.9.9
    end_following
    same "what changed" "$(grep -E '\(|mc_forwarding' changes | grep -vF 225.9.9.9 || true)" ""
}

test_a_killed_guard_is_followed_by_one_that_knows_what_clients_asked_for() {
    by_clients managed
    streams_to r1 225.5.5.5 3
    streams_to r1 ff0e:5::5 3
    # What is in the file by now is for a reload, or a restart.
    echo "mroute from eth0 source 10.0.0.9 group 225.8.8.8 to eth1" | config
    entries_untouched kill_guard
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_has "$S4 225.5.5.5 eth0 -> eth1"
    kernel_lacks 225.8.8.8
    joined eth0 225.7.7.7
    client -r eth0 $S4 $G4 -l eth0 225.7.7.7
    # The manager, too, has had a duplicate of each socket.
    poll_until unjoined eth0 225.7.7.7
    streams_to r1 ff0e:5::6 3
    stop_manager
}

test_a_restart_reads_the_file_and_forgets_what_clients_asked_for() {
    by_file managed
    client -a eth0 $S4 225.8.8.8 eth1 -j eth0 225.8.8.8
    restart
    # A stream without a route by now, as any other would be.
    kernel_has "$S4 225.8.8.8 eth0 ->"
    poll_until unjoined eth0 225.8.8.8
    sed -i "s/225\.5\.0\.0/225.6.0.0/; /225.7.7.7/d" /etc/smcroute.conf
    restart
    streams_to r1 225.6.6.6 3
    silent_at r1 225.5.5.5
    poll_until unjoined eth0 225.7.7.7
    kernel_has "$S4 $G4 eth0 -> eth1"
    stop_manager
}

test_a_restart_touches_nothing_of_what_is_the_same() {
    by_file managed
    streams_to r1 225.5.5.5 3
    streams_to r1 ff0e:5::5 3
    entries_untouched restart
    kernel_has "$S4 225.5.5.5 eth0 -> eth1"
    stop_manager
}

test_a_restart_after_a_crash_reads_the_file_too() {
    by_clients managed
    kill_guard
    kernel_has "$S4 $G4 eth0 -> eth1"
    restart
    kernel_has "$S4 $G4 eth0 ->"
    kill_guard
    kernel_has "$S4 $G4 eth0 ->"
    stop_manager
}

test_a_stop_by_the_manager_leaves_nothing() {
    by_clients managed
    kill_guard
    joined eth0 225.7.7.7
    stop_manager
    not joined eth0 225.7.7.7
}

test_the_end_by_a_client_empties_the_store() {
    by_clients managed
    client -k
    manager_ends
    not joined eth0 225.7.7.7
    # One was put there for each that was taken out.
    same "what is in the store" \
        "$(awk '/^stored/ { n++ } /^removed/ { n-- } END { print n }' events)" 0
}

# many_groups: 20,480 more than that of eth0, which comes first in the list of the kernel.
many_groups() {
    by_file true
    cat >>/etc/smcroute.conf <<END
mgroup from eth1 group 239.0.0.0/18
mgroup from eth1 group 239.64.0.0/20
END
}
# watch_group: the group of eth0 is looked for as long as there is the file "missed", which gets a
# line for each time that it was not there.
watch_group() {
    : >missed
    {
        trap - ERR EXIT
        set +eE
        while [ -e missed ]; do
            awk '$1 == "070707E1" { found = 1; exit } END { exit !found }' /proc/net/igmp ||
                echo gone >>missed
            sleep 0.002
        done
    } &
}
groups_on_eth1() { awk '$1 ~ /^[0-9A-F]+EF$/' /proc/net/igmp | wc -l; }

test_restarts_with_20480_groups_keep_the_sockets_that_the_manager_has_and_touch_none_of_them() {
    [ "$(printf '\001\000' | od -An -tu2 | tr -d ' ')" = 1 ] || skip "numbers have another order here"
    ulimit -Sn 1024
    many_groups
    managed
    same "groups" "$(groups_on_eth1)" 20480
    same "sockets that the manager was given" "$(grep -c '^stored join-' events)" 256
    grep -qF 'the service manager keeps 256 of the sockets that hold groups: after a restart, the'\
' groups of the others are joined anew (with a higher net.ipv4.igmp_max_memberships there are more'\
' in each)' daemon.err
    watch_group
    local round
    for ((round = 0; round < KILLS; ++round)); do
        restart
    done
    same "groups" "$(groups_on_eth1)" 20480
    same "times that the group of eth0 was missed" "$(cat missed)" ""
    rm missed
    # Neither given again, nor taken back.
    same "sockets that the manager was given" "$(grep -c '^stored join-' events)" 256
    not grep -q '^removed join-' events
    not grep -qE '^(no room for|duplicate of) join-' events
    joined eth0 225.7.7.7
    stop_manager
    same "groups" "$(groups_on_eth1)" 0
}

test_a_manager_that_keeps_few_descriptors_keeps_what_matters() {
    by_file managed_with_room_for 5
    same "what is in the store" "$(grep '^stored' events | cut -d' ' -f2 | xargs)" \
        "ipv4-table-default ipv6-table-default journal ledger memberships-1"
    grep -q '^no room for join-' events
    restart
    kernel_has "$S4 $G4 eth0 -> eth1"
    joined eth0 225.7.7.7
    stop_manager
}
managed_with_room_for() {
    "$SERVICE_MANAGER" --log events --store-max "$1" "$SMCROUTE" -n >daemon.out 2>daemon.err </dev/null &
    MANAGER=$!
    poll_until is_ready 1
    find_daemon
}

# restart_with OPTION...: the service, whose command line is another now.
restart_with() {
    local before
    before=$(starts)
    echo "$*" >options
    kill -USR1 "$MANAGER"
    poll_until is_ready_again $((before + 1))
    find_daemon
}

has_given_up() {
    grep -qx "smcroute: the daemon before this one had the $1 routing table \"$2\", which this one \
does not use: its routes are removed" daemon.err
}

test_a_restart_with_another_table_or_in_one_process_leaves_nothing_of_the_one_before() {
    # shellcheck disable=SC2016 # it is the service that reads the options
    printf '#!/bin/sh\nexec %s $(cat options) "$@"\n' "${wrap[*]} $GUARD" >service
    chmod 755 service
    : >options
    SMCROUTE=$PWD/service by_file managed
    kernel_has "$S4 $G4 eth0 -> eth1"
    restart_with -t 100
    same "routes in the default tables" \
        "$(tail -qn +2 /proc/net/ip_mr_cache /proc/net/ip6_mr_cache)" ""
    ip -4 mroute show table 100 | grep -qF "($S4,$G4)"
    has_given_up IPv4 default
    has_given_up IPv6 default
    poll_until grep -q '^removed ipv4-table-default' events
    poll_until grep -q '^removed ipv6-table-default' events
    joined eth0 225.7.7.7
    restart_with --single
    has_given_up IPv4 100
    has_given_up IPv6 100
    grep -qx "smcroute: the daemon before this one had 2 sockets with groups, which this one does not \
use: closed" daemon.err
    kernel_has "$S4 $G4 eth0 -> eth1"
    same "routes in table 100" "$(ip -4 mroute show table 100)" ""
    joined eth0 225.7.7.7
    # One was put there for each that was taken out.
    same "what is in the store" \
        "$(awk '/^stored/ { n++ } /^removed/ { n-- } END { print n }' events)" 0
    restart_with
    kernel_has "$S4 $G4 eth0 -> eth1"
    only_one_worker
    stop_manager
}

test_a_service_that_moved_to_another_network_takes_nothing_of_the_one_before() {
    # shellcheck disable=SC2016 # it is the service that reads where it is to be
    printf '#!/bin/sh\nexec $(cat network) %s "$@"\n' "${wrap[*]} $GUARD" >service
    chmod 755 service
    : >network
    SMCROUTE=$PWD/service by_clients managed
    echo "nsenter --net=/run/netns/r1" >network
    echo "mroute from eth0 source $S4 group 225.8.8.8 to lo" | config
    # Not restarted, which would forget by itself what clients asked for.
    kill_guard
    same "network" "$(readlink "/proc/$DAEMON/ns/net")" "$(in_ns r1 readlink /proc/self/ns/net)"
    grep -qx 'smcroute: the service manager has handed over "ipv4-table-default", which is of another'\
' network namespace: it is not used, nor are 6 more' daemon.err
    same "routes where it was" "$(mroutes)" ""
    not joined eth0 225.7.7.7
    in_ns r1 ip mroute show | grep -qF "($S4,225.8.8.8)"
    same "routes" "$(in_ns r1 "$SMCROUTE" --no-heading --show routes | wc -l)" 1
    # Of the new one: two routing sockets and three files.
    same "what is in the store" \
        "$(awk '/^stored/ { n++ } /^removed/ { n-- } END { print n }' events)" 5
    stop_manager
}

# ---- The unit file ----

# bounded: the daemon with the capabilities of the unit file only, "$@" behind its options.
bounded() {
    local set
    set=$(sed -n 's/^CapabilityBoundingSet=CAP_//p' "$ROOT/conf/smcroute.service.in" |
        tr '[:upper:]' '[:lower:]' | sed 's/ cap_/,+/g')
    setpriv --bounding-set "-all,+${CAPABILITIES:-$set}" true 2>/dev/null || skip "no capabilities here"
    setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null || skip "no second user here"
    "$SERVICE_MANAGER" --log events --patience 20000 setpriv --bounding-set "-all,+${CAPABILITIES:-$set}" \
        "$SMCROUTE" -n "$@" >daemon.out 2>daemon.err </dev/null &
    MANAGER=$!
    poll_until is_ready 1
    find_daemon
}

# unit_says NAME: all that the unit file sets it to.
unit_says() { sed -n "s/^$1=//p" "$ROOT/conf/smcroute.service.in"; }

test_the_settings_of_the_unit_file_fit_each_other() {
    same "type" "$(unit_says Type)" notify
    # 256 sockets with groups, and what the guard has of its own; twice of that, and some, is what
    # systemd needs.
    [ "$(unit_says FileDescriptorStoreMax)" -ge $((256 + 5)) ]
    [ "$(unit_says LimitNOFILE)" -ge $((2 * $(unit_says FileDescriptorStoreMax) + 64)) ]
    [ $((2 * $(unit_says FileDescriptorStoreMax))) -le 1024 ]
    # The guard gives its worker 5 s; what is left then is not waited for.
    same "how it is ended" "$(unit_says KillMode)" mixed
    [ "$(unit_says TimeoutStopSec)" -gt 5 ]
    unit_says RestartPreventExitStatus | grep -qw 77
}

test_the_capabilities_of_the_unit_file_are_enough() {
    can_upgrade
    install "$GUARD"
    config <<END
phyint eth1 mrdisc enable
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 group ff0e:5::/64 to eth1
END
    chmod 600 /etc/smcroute.conf
    SMCROUTE=$PWD/smcroute bounded -p 65534 --group 65533 -t 100
    not grep -qE '^(Uid|Gid|CapEff|CapBnd):.*[[:space:]]0([[:space:]]|$)' "/proc/$(worker)/status"
    same "bounds" "$(awk '/^CapBnd/ { print $2 }' "/proc/$(worker)/status")" 0000000000000000
    same "owner of the socket" "$(stat -c '%u:%g' /run/smcroute)" 0:65533
    strike "$(worker)"
    poll_until is_ready 2
    upgrade_managed
    only_one_worker
    client --reload
    # The guard ends it before the manager does.
    kill -STOP "$(worker)"
    stop_manager
}

test_without_a_manager_nothing_is_stored_and_a_killed_guard_leaves_a_worker() {
    by_clients
    local pid
    pid=$(worker)
    strike "$DAEMON"
    poll_until grep -q 'the guard process is gone (pid' $SYSLOG
    streams_to r1 $G4 10
    streams_to r1 225.5.5.6 3
    client -k
    poll_until gone "$pid"
    nothing_left
    DAEMON=
}

run_claims
