#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# The names smcrouted and smcroutectl, as scripts of releases 2.4 to 2.6 use them: command lines of
# the manuals of these programs, their tables and JSON, the daemon's ways, and files that run as
# they are. And commands of smcroute itself without their dashes.

. "$(dirname "$0")/lib.sh"
network 3

mkdir $T/bin
ln -s "$SMCROUTE" $T/bin/smcrouted
ln -s "$SMCROUTE" $T/bin/smcroutectl

# start_smcrouted [OPTION...]
start_smcrouted() {
    "$PEST" keep ended "${wrap[@]}" $T/bin/smcrouted "$@" >daemon.out 2>daemon.err </dev/null ||
        fail "smcrouted did not start: status $?"
    same "standard output of smcrouted" "$(cat daemon.out)" ""
    DAEMON=$(cat /run/smcroute.pid)
}

# ctl WORD...: succeeds, and is silent.
ctl() {
    run 0 $T/bin/smcroutectl "$@"
    same "output of smcroutectl $*" "$(cat out err)" ""
}

# wrong TEXT WORD...: status 1 and one line.
wrong() {
    run 1 $T/bin/smcroutectl "${@:2}"
    same "standard output of smcroutectl ${*:2}" "$(cat out)" ""
    same "standard error of smcroutectl ${*:2}" "$(cat err)" "$1"
}

# prints TEXT WORD...: succeeds, and prints TEXT.
prints() {
    run 0 $T/bin/smcroutectl "${@:2}"
    same "standard error of smcroutectl ${*:2}" "$(cat err)" ""
    same "output of smcroutectl ${*:2}" "$(cat out)" "$1"
}

no_socket() { [ ! -e /run/smcroute ] && [ ! -L /run/smcroute.sock ]; }

# ---- The client's commands ----

# In each line, what "ip mroute" shows when the command has returned, then the command.
test_a_command_has_reached_the_kernel_when_it_returns() {
    local entries command
    config </dev/null
    start_smcrouted
    while IFS='|' read -r entries command; do
        # shellcheck disable=SC2086 # words
        ctl $command
        same "entries after '$command'" "$(mroutes | sed 's/ -> */:/' | tr ' ' , | xargs)" \
            "${entries%%[[:space:]]*}"
    done <<END
                                                       |join eth0 225.1.2.3
192.168.1.42,225.1.2.3,eth0:eth1,eth2                  |add eth0 192.168.1.42 225.1.2.3 eth1 eth2
192.168.1.42,225.1.2.3,eth0:eth1,eth2,eth3             |add eth0 192.168.1.42 225.1.2.3 eth3
192.168.1.42,225.1.2.3,eth0:eth1,eth3                  |rem eth0 192.168.1.42 225.1.2.3 eth2
192.168.1.42,225.1.2.3,eth0:                           |remove eth0 192.168.1.42 225.1.2.3 eth1 eth3
                                                       |del eth0 192.168.1.42 225.1.2.3
                                                       |leave eth0 225.1.2.3
                                                       |join eth0 192.168.1.42 232.1.2.3
                                                       |leave eth0 192.168.1.42 232.1.2.3
                                                       |join eth0 225.1.2.0/24
                                                       |leave eth0 225.1.2.0/24
                                                       |join eth0 ff0e::42:1
                                                       |leave eth0 ff0e::42:1
                                                       |add eth0 225.1.2.3 eth1 eth2
                                                       |rem eth0 225.1.2.3 eth2
                                                       |rem eth0 0.0.0.0 225.1.2.3
                                                       |add eth0 0.0.0.0 225.1.2.3 eth1
                                                       |rem eth0 225.1.2.3
                                                       |add eth0 225.1.2.0/24 eth1
                                                       |rem eth0 225.1.2.0/24
                                                       |add eth0 192.168.1.0/24 225.1.2.0/24 eth1
                                                       |rem eth0 192.168.1.0/24 225.1.2.0/24
                                                       |add eth+ 225.1.2.3 eth1
                                                       |rem eth+ 225.1.2.3
                                                       |add eth0 :: ff0e::42:1 eth1
                                                       |rem eth0 ff0e::42:1
fd00::42,ff0e::42:1,eth0:eth1                          |add eth0 fd00::42 ff0e::42:1 eth1
                                                       |rem eth0 fd00::42 ff0e::42:1
                                                       |add eth9 192.168.1.42 225.1.2.3 eth1
                                                       |rem eth9 192.168.1.42 225.1.2.3
                                                       |flush
                                                       |reload
                                                       |restart
10.0.0.2,225.3.2.1,eth0:eth1                           |-t add eth0 10.0.0.2 225.3.2.1 eth1
                                                       |-i smcroute rem eth0 10.0.0.2 225.3.2.1
10.0.0.2,225.3.2.1,eth0:eth1                           |-I smcroute add eth0 10.0.0.2 225.3.2.1 eth1
                                                       |-u /var/run/smcroute.sock rem eth0 10.0.0.2 225.3.2.1
                                                       |-u /var/run/smcroute flush
                                                       |kill
END
    ended_well
    DAEMON=
    no_socket
}

test_commands_and_tables_may_be_shortened() {
    local command
    config </dev/null
    start_smcrouted
    for command in "a eth0 $S4 $G4 eth1" "ad eth0 $S4 225.2.2.2 eth1" "rem eth0 $S4 225.2.2.2" \
        "de eth0 $S4 $G4" "j eth0 $G4" "jo eth0 225.2.2.2" "l eth0 $G4" "lea eth0 225.2.2.2" \
        "f" "flu" "rel" "reloa" "res"; do
        # shellcheck disable=SC2086 # words
        ctl $command
    done
    for command in "s" "sh r" "s g" "show int" "show group" "sho interface" "show route" "s p"; do
        # shellcheck disable=SC2086 # words
        run 0 $T/bin/smcroutectl $command
        same "standard error of smcroutectl $command" "$(cat err)" ""
        not test ! -s out
    done
    wrong "smcroute: 're' may mean reload or remove or restart" re eth0 $G4
    wrong "smcroute: unexpected 'frob': there is no such command (smcroute -h lists them)" frob
    ctl k
    ended_well
    DAEMON=
}

test_what_fails_is_one_line_and_status_1() {
    wrong "smcroute: cannot connect to the daemon at /var/run/smcroute: No such file or directory (is it running?)" kill
    config </dev/null
    start_smcrouted
    wrong "smcroute: there is no mroute from eth0 source $S4 group $G4" rem eth0 $S4 $G4
    wrong "smcroute: there is no mgroup from eth0 group $G4" leave eth0 $G4
    wrong "smcroute: add: missing an outbound interface after '225.1.2.3'" add eth0 $G4
    wrong "smcroute: add: '10.0.0.2' is not a multicast group (224.0.0.0/4 or ff00::/8)" add eth0 $S4 $S4 eth1
    wrong "smcroute: unknown option '-x' (-h lists them)" -x show
    wrong "smcroute: missing NAME after -i" -i
    wrong "smcroute: show: 'no/name' is no address, interface or state" show groups no/name
    ctl add eth0 225.7.7.7 eth0
}

test_a_batch_of_commands() {
    config </dev/null
    start_smcrouted
    run 0 $T/bin/smcroutectl join eth1 225.3.4.5
    run 0 $T/bin/smcroutectl add eth1 225.3.4.5 eth2 eth3
    $T/bin/smcroutectl -b >out 2>err <<-EOF
		join eth0 225.1.2.3
		add eth0 192.168.1.42 225.1.2.3 eth1 eth2
		rem eth1 225.3.4.5 eth3
		leave eth1 225.3.4.5
	EOF
    same "output" "$(cat out err)" ""
    kernel_has "192.168.1.42 225.1.2.3 eth0 -> eth1 eth2"
    printf '%s\n' "a eth0 $S4 $G4 eth1" "s g" "re x" "rem eth9 $G4" >commands
    local status=0
    $T/bin/smcroutectl -t -b <commands >out 2>err || status=$?
    same "status" $status 1
    same "output" "$(cat out)" "(*, 225.1.2.3)  eth0"
    same "errors" "$(cat err)" "smcroute: stdin:3: 're' may mean reload or remove or restart
smcroute: stdin:4: there is no mroute from eth9 group $G4"
}

# ---- What it shows ----

# state: rules, routes, groups and lines that wait.
state() {
    config <<END
mgroup from eth0 group 225.1.2.3
mgroup from eth1 source 10.0.0.11 group 232.1.1.1
mgroup from eth9 group 225.1.2.3
mroute from eth0 group 225.1.2.3 to eth1 eth2
mroute from eth0 source 10.0.0.0/24 group 225.1.3.0/24 to eth3
mroute from eth0 source 192.168.1.42 group 225.1.2.3 to eth1 eth2
mroute from eth9 source 192.168.1.43 group 225.1.2.3 to eth1
mroute from eth0 source fd00::42 group ff0e::42:1 to eth1
END
    start_smcrouted
}

test_tables() {
    state
    prints "ROUTE (S,G)                  INBOUND  OUTBOUND
(*, 225.1.2.3)               eth0     eth1 eth2
(10.0.0.0/24, 225.1.3.0/24)  eth0     eth3
(192.168.1.42, 225.1.2.3)    eth0     eth1 eth2
(fd00::42, ff0e::42:1)       eth0     eth1" show
    cp out routes
    prints "$(cat routes)" show routes
    prints "$(cat routes)"
    prints "$(cat routes)" -p show routes
    prints "(*, 225.1.2.3)               eth0  eth1 eth2
(10.0.0.0/24, 225.1.3.0/24)  eth0  eth3
(192.168.1.42, 225.1.2.3)    eth0  eth1 eth2
(fd00::42, ff0e::42:1)       eth0  eth1" -t show
    prints "GROUP (S,G)             INBOUND
(*, 225.1.2.3)          eth0
(10.0.0.11, 232.1.1.1)  eth1
(*, 225.1.2.3)          eth9" show groups
    prints "PENDING
mgroup from eth9 group 225.1.2.3
mroute from eth9 source 192.168.1.43 group 225.1.2.3 to eth1" show pending
    run 0 $T/bin/smcroutectl show interfaces
    same "a heading" "$(head -n 1 out)" "INDEX  PHYINT  VIF  MIF"
    same "interfaces" "$(tail -n +2 out | awk '{ print $2, $3, $4 }' | sort)" "eth0 0 0
eth1 1 1
eth2 2 -
eth3 3 -
lo - -"
    send 225.1.2.3 -n 3
    poll_until kernel_has "$S4 225.1.2.3 eth0 -> eth1 eth2"
    run 0 $T/bin/smcroutectl -d show routes
    same "the heading" "$(head -n 1 out | xargs)" "ROUTE (S,G) INBOUND PACKETS BYTES INVALID OUTBOUND"
    same "a rule" "$(grep -F '(*, 225.1.2.3)' out | xargs)" "(*, 225.1.2.3) eth0 - - - eth1 eth2"
    same "a stream" "$(grep -F "($S4, 225.1.2.3)" out | awk '{ print $3, $4, $6, $7, $8 }')" \
        "eth0 3 0 eth1 eth2"
}

test_headings_are_in_reverse_video_on_a_terminal_only() {
    mkdir -p /dev/pts
    mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts /dev/pts 2>/dev/null ||
        skip "no terminals here"
    ln -s pts/ptmx /dev/ptmx
    config </dev/null
    start_smcrouted
    ctl join eth0 225.1.2.3
    script -qec "$T/bin/smcroutectl show groups" /dev/null >out
    same "the heading" "$(head -n 1 out | tr -d '\r')" $'\033[7mGROUP (S,G)     INBOUND\033[0m'
    script -qec "$T/bin/smcroutectl -p show groups" /dev/null >out
    same "the heading" "$(head -n 1 out | tr -d '\r')" "GROUP (S,G)     INBOUND"
}

test_tables_without_a_row() {
    config </dev/null
    start_smcrouted
    prints "No multicast routes" show
    prints "No multicast groups" show groups
    prints "No pending routes or groups" show pending
    prints "No pending routes or groups" -t show pending
    prints "" -t show
}

test_json() {
    state
    prints '{"groups": {"conf": [
{"source": null, "group": "225.1.2.3", "iif": "eth0"},
{"source": "10.0.0.11", "group": "232.1.1.1", "iif": "eth1"},
{"source": null, "group": "225.1.2.3", "iif": "eth9"}
], "kernel": [
{"source": null, "group": "225.1.2.3", "iif": "eth0"},
{"source": "10.0.0.11", "group": "232.1.1.1", "iif": "eth1"}
]}}' -j show groups
    prints '{"routes": {"asm": [
{"source": null, "group": "225.1.2.3", "iif": "eth0", "oifs": ["eth1", "eth2"]},
{"source": "10.0.0.0/24", "group": "225.1.3.0/24", "iif": "eth0", "oifs": ["eth3"]}
], "ssm": [
{"source": "192.168.1.42", "group": "225.1.2.3", "iif": "eth0", "oifs": ["eth1", "eth2"]},
{"source": "192.168.1.43", "group": "225.1.2.3", "iif": "eth9", "oifs": ["eth1"]},
{"source": "fd00::42", "group": "ff0e::42:1", "iif": "eth0", "oifs": ["eth1"]}
], "kernel": [
{"source": "192.168.1.42", "group": "225.1.2.3", "iif": "eth0", "oifs": ["eth1", "eth2"]},
{"source": "fd00::42", "group": "ff0e::42:1", "iif": "eth0", "oifs": ["eth1"]}
]}}' -j show
    prints '{"pending": [
{"kind": "mgroup", "source": null, "group": "225.1.2.3", "iif": "eth9", "oifs": []},
{"kind": "mroute", "source": "192.168.1.43", "group": "225.1.2.3", "iif": "eth9", "oifs": ["eth1"]}
]}' -j show pending
    run 0 $T/bin/smcroutectl -j show interfaces
    same "an interface" "$(grep '"eth0"' out)" \
        "{\"index\": $(ip -o link show dev eth0 | cut -d: -f1), \"name\": \"eth0\", \"vif\": 0, \"mif\": 0},"
    grep -qF '"name": "lo", "vif": null, "mif": null}' out
    same "the first line" "$(head -n 1 out)" '{"interfaces": ['
    same "the last line" "$(tail -n 1 out)" ']}'
}

test_json_without_a_row() {
    config </dev/null
    start_smcrouted
    prints '{"routes": {"asm": [], "ssm": [], "kernel": []}}' -j
    prints '{"groups": {"conf": [], "kernel": []}}' -j show groups
    prints '{"pending": []}' -j show pending
}

test_help_and_version() {
    local version
    version=$("$SMCROUTE" -v)
    prints "$version" version
    prints "$version" -v
    run 0 $T/bin/smcroutectl help
    grep -q '^Usage: smcroutectl ' out
    run 0 $T/bin/smcroutectl -h
    grep -q '^Usage: smcroutectl ' out
    run 0 $T/bin/smcrouted -h
    grep -q '^Usage: smcrouted ' out
    run 0 $T/bin/smcrouted -v
    same "the version" "$(cat out)" "$version"
}

# ---- The daemon ----

test_the_daemon_serves_either_client_by_both_names_of_its_socket() {
    config </dev/null
    start_smcrouted
    test -S /run/smcroute.sock
    same "the link" "$(readlink /run/smcroute.sock)" smcroute
    client -a eth0 $S4 $G4 eth1
    client -u /run/smcroute.sock -r eth0 $S4 $G4
    ctl add eth0 $S4 $G4 eth1
    stop_daemon
    no_socket
    # So does ours, under its own name.
    start_daemon
    ctl add eth0 $S4 $G4 eth1
    ctl -u /var/run/smcroute.sock -t rem eth0 $S4 $G4
    stop_daemon
    # An own socket has no second name.
    start_smcrouted -u /run/other.sock
    not test -e /run/smcroute.sock
    not test -e /run/other.sock.sock
    ctl -u /run/other.sock flush
}

test_what_is_in_the_place_of_the_link() {
    config </dev/null
    ln -s nowhere /run/smcroute.sock
    start_smcrouted
    same "the link" "$(readlink /run/smcroute.sock)" smcroute
    stop_daemon
    no_socket
    echo mine >/run/smcroute.sock
    start_smcrouted
    same "the file" "$(cat /run/smcroute.sock)" mine
    grep -qF "cannot link /var/run/smcroute.sock to /var/run/smcroute: File exists" daemon.err
    stop_daemon
    same "the file" "$(cat /run/smcroute.sock)" mine
    rm /run/smcroute.sock
}

test_a_daemon_that_was_killed_does_not_hinder_the_next_start() {
    local killed
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
END
    start_smcrouted
    killed=$DAEMON
    kill -KILL "$(cat /run/smcroute.pid)"
    poll_until has_ended "$killed"
    start_smcrouted
    kernel_has "$S4 $G4 eth0 -> eth1"
    same "the link" "$(readlink /run/smcroute.sock)" smcroute
    # By whatever name.
    killed=$DAEMON
    strike "$killed"
    start_daemon
    test -S /run/smcroute.sock
    stop_daemon
    no_socket
    # Nor is anything left behind if there is no next start.
    start_smcrouted
    killed=$DAEMON
    strike "$killed"
    ctl kill
    poll_until has_ended "$killed"
    DAEMON=
    no_socket
    not test -e /run/smcroute.pid
}

test_an_upgrade_keeps_the_name() {
    [ ${#wrap[@]} = 0 ] || skip "the program that runs is valgrind"
    config <<END
phyint eth2 ttl-threshold 3
mroute from eth0 source $S4 group $G4 to eth1
nonsense
END
    start_smcrouted
    client --upgrade
    same "the program's name" "$(cat "/proc/$DAEMON/comm")" smcrouted
    same "the link" "$(readlink /run/smcroute.sock)" smcroute
    # Still by the rules of that name.
    ctl reload
    has_vif4 eth2
    not has_vif4 eth3
}

test_options_of_the_daemon() {
    local options
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
END
    cp /etc/smcroute.conf $T/other.conf
    mkdir -p $T/claim/scripts
    printf '#!/bin/sh\n' >$T/claim/scripts/run
    chmod 755 $T/claim/scripts/run
    while read -r options; do
        # Who is root of his own namespace alone cannot change groups.
        [[ $options != -p* ]] || setpriv --clear-groups true 2>/dev/null || continue
        # shellcheck disable=SC2086 # words
        start_smcrouted $options
        kernel_has "$S4 $G4 eth0 -> eth1"
        same "interfaces of smcrouted $options" "$(vifs 4 | xargs)" "eth0 eth1"
        stop_daemon
    done <<END

-N
-s
-c 300
-f $T/other.conf
-f$T/other.conf -N
-e $T/claim/scripts/run
-l none
-l debug
-l notice -s
-sNl info
-m 20
-p root:root
-P /run/smcroute.pid
-t 0
END
    "$PEST" keep ended $T/bin/smcrouted -n -N -l debug -i lan -f $T/other.conf 2>daemon.err &
    poll_until test -s /run/lan.pid
    prints "($S4, $G4)  eth0  eth1" -i lan show -t
    # Who names an instance means it, wherever it is.
    run 0 nsenter --net=/run/netns/sender $T/bin/smcroutectl -i lan -t show
    same "output" "$(cat out)" "($S4, $G4)  eth0  eth1"
    test -S /run/lan.sock
    ctl -i lan kill
}

test_a_delay_is_spent_in_the_background_before_everything_else() {
    rm -f /etc/smcroute.conf
    "$PEST" keep ended $T/bin/smcrouted -d 3 2>daemon.err </dev/null
    config <<END
mroute from late source $S4 group $G4 to eth1
END
    no_socket
    not test -e /run/smcroute.pid
    ip link add late type veth peer name later
    poll_until test -s /run/smcroute.pid
    DAEMON=$(cat /run/smcroute.pid)
    kernel_has "$S4 $G4 late -> eth1"
    stop_daemon
    ip link del late
}

test_a_daemon_that_is_to_end_after_a_time() {
    config </dev/null
    start_smcrouted -D 1
    ended_well
    DAEMON=
    no_socket
}

test_phyint_enables_by_itself_and_other_interfaces_take_no_part() {
    config <<END
phyint eth3 ttl-threshold 5
phyint eth2 disable
phyint eth1 mrdisc
END
    start_smcrouted
    same "interfaces" "$(vifs 4 | xargs)" "eth3 eth1"
    ctl add eth0 $S4 $G4 eth1 eth2
    same "interfaces" "$(vifs 4 | xargs)" "eth3 eth1 eth0"
}

test_lines_with_errors_are_left_out_at_a_start_and_at_a_reload() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 group 10.1.2.3 to eth1
END
    start_smcrouted
    grep -qF '/etc/smcroute.conf:2:24: error: ' daemon.err
    kernel_has "$S4 $G4 eth0 -> eth1"
    config <<END
nonsense
mroute from eth0 source $S4 group 225.2.2.2 to eth2
END
    ctl reload
    same "entries" "$(mroutes)" "$S4 225.2.2.2 eth0 -> eth2"
    # Whoever takes over knows it so too.
    strike "$(worker)"
    poll_until "$SMCROUTE" --show status
    same "entries" "$(mroutes)" "$S4 225.2.2.2 eth0 -> eth2"
    echo "mroute from eth0 source $S4 group 225.3.3.3 to eth3 # x" | config
    kill -HUP "$DAEMON"
    poll_until kernel_has "$S4 225.3.3.3 eth0 -> eth3"
}

test_a_missing_file_is_no_error_at_a_start_and_at_a_reload() {
    rm -f /etc/smcroute.conf
    start_smcrouted
    ctl add eth0 $S4 $G4 eth1
    ctl reload
    same "entries" "$(mroutes)" ""
    stop_daemon
    start_smcrouted -f /etc/none.conf
    ctl reload
}

# In each line the status of -F, then the file.
test_the_check_of_a_file_judges_as_smcrouted_does() {
    local status line
    while IFS='|' read -r status line; do
        printf '%b\n' "$line" >checked.conf
        run "$status" $T/bin/smcrouted -F checked.conf
        same "standard output" "$(cat out)" ""
        [ "$status" = 0 ] || grep -q '^checked.conf:[0-9:]* error: ' err
    done <<'END'
0|phyint eth0 enable\nmgroup from eth0 group 225.1.2.3\nmroute from eth0 group 225.1.2.3 to eth1
0|phyint eth0 enable ttl-threshold 1\nphyint eth1 ttl-threshold 255 mrdisc
0|mroute from eth9 group 225.1.2.3 to eth1
0|mroute from eth9 source 10.0.0.1 group 225.1.2.3 to eth1
0|mgroup from eth9 group 225.1.2.3
0|mgroup from eth9 source 10.0.0.1 group 232.1.2.3
0|include /etc/smcroute.d/*.conf
0|include /etc/smcroute.d/none.conf
0|mgroup from eth0 group 225.1.2.3 surplus words
0|phyint eth0 enable surplus words
0|include /etc/smcroute.d/*.conf surplus words
0|phyint eth+ enable
0|# a comment
78|nonsense
78|mroute from eth0 to eth1
78|mgroup from eth0
78|mroute from eth0 group 10.1.2.3 to eth1
78|mgroup from eth0 group 10.1.2.3
78|mroute from eth0 group 225.1.2.3/33 to eth1
78|mroute from eth0 source 10.0.0.1/33 group 225.1.2.3 to eth1
78|mgroup from eth0 group 225.1.2.3/99
78|phyint eth0 ttl-threshold 0
78|phyint eth0 ttl-threshold 256
78|mroute group 225.1.2.3 to eth1
78|mgroup group 225.1.2.3
78|phyint eth9 enable
78|mroute from eth0 group 225.1.2.3 to eth9
78|mroute from eth0 source 10.0.0.1 group 225.1.2.3 to eth1 eth9
END
    run 78 $T/bin/smcrouted -F none.conf
    same "what is said" "$(cat err)" "smcroute: cannot read none.conf: no such file"
}

test_wrong_options_of_the_daemon() {
    while IFS='|' read -r options text; do
        # shellcheck disable=SC2086 # words
        run 64 $T/bin/smcrouted $options
        same "standard error of smcrouted $options" "$(cat err)" "smcroute: $text"
    done <<'END'
-x|unknown option '-x' (-h lists them)
-d soon|-d: 'soon' is not a number of seconds
-D -1|-D: '-1' is not a number of seconds
-l loud|--log-level: 'loud' is not a log level (none, err, warning, notice, info, debug)
-n -f|missing FILE after -f
add eth0 225.1.2.3 eth1|unexpected 'add' (smcroutectl takes commands)
END
}

# ---- Files that run as they are ----

# In the manner of the manual of 2.1.
test_a_file_of_release_2_1() {
    config <<'END'
# smcroute.conf example
phyint eth3 disable
mgroup from eth0 group 225.1.2.3
mroute from eth0 group 225.1.2.3 source 192.168.1.42 to eth1 eth2
mgroup from eth0 group 225.3.2.1
mroute from eth0 group 225.3.2.1 to eth1 eth2
END
    start_daemon
    kernel_has "192.168.1.42 225.1.2.3 eth0 -> eth1 eth2"
    joined eth0 225.1.2.3
    joined eth0 225.3.2.1
    lacks_vif eth3
    send 225.3.2.1 -n 3
    poll_until kernel_has "$S4 225.3.2.1 eth0 -> eth1 eth2"
    client --reload
}

# In the manner of the manuals of 2.4 to 2.6.
test_a_file_of_releases_2_4_to_2_6() {
    mkdir -p /etc/smcroute.d
    echo "mroute from eth1 group ff2e::42 to eth2" >/etc/smcroute.d/more.conf
    config <<'END'
phyint eth0 enable ttl-threshold 11
phyint eth1 enable mrdisc
phyint eth2 enable
mgroup from eth0                     group 225.1.2.3
mgroup from eth0 source 192.168.1.42 group 232.1.2.3
mgroup from eth0                     group 225.1.4.0/30
ssmgroup from eth1 group 232.1.2.4 source 192.168.1.43
mroute from eth0                     group 225.1.2.3 to eth1 eth2
mroute from eth0 source 192.168.1.42 group 225.1.2.3 to eth1 eth2
mroute from eth+ group 225.3.2.0/24 source 10.0.0.0/24 to eth1
include /etc/smcroute.d/*.conf
END
    start_smcrouted
    no_diagnostics
    ctl reload
    kernel_has "192.168.1.42 225.1.2.3 eth0 -> eth1 eth2"
    joined eth0 225.1.4.3
    same "interfaces" "$(vifs 4 | head -n 3 | xargs)" "eth0 eth1 eth2"
    send 225.3.2.9 -n 3 -t 20
    poll_until kernel_has "$S4 225.3.2.9 eth0 -> eth1"
    rm -r /etc/smcroute.d
}

# The lines of the manual.
test_the_file_of_one_who_comes_from_igmpproxy() {
    sed -n '/^\.Sh COMING FROM IGMPPROXY/,/^\.Sh COMING FROM MROUTED/p' "$ROOT/man/smcrouted.8" |
        grep '^m' | config
    same "lines" "$(wc -l </etc/smcroute.conf)" 2
    start_daemon
    no_diagnostics
    joined eth0 239.255.10.7
    send 239.255.10.9 -n 3
    poll_until kernel_has "$S4 239.255.10.9 eth0 -> eth1"
}

# ---- Commands of smcroute without their dashes ----

# A second later "up 7s" is "up 8s".
without_ages() { sed -E "s/\b$AGE\b/AGE/g" out; }

test_commands_of_smcroute_do_without_dashes_and_may_be_shortened() {
    local command
    config </dev/null
    start_daemon
    client add eth0 $S4 $G4 eth1
    kernel_has "$S4 $G4 eth0 -> eth1"
    client join eth0 $G4 -r eth0 $S4 $G4
    client --json a eth0 $S4 $G4 eth2
    kernel_has "$S4 $G4 eth0 -> eth2"
    client del eth0 $S4 $G4 --flush
    kernel_lacks $G4
    client le eth0 $G4
    client fl
    for command in "show rates:--show rates" "sh ra:--show rates" "status:--show status" \
        "st:--show status" "show st:--show status" "rules:--show rules" "g:--show groups" \
        "i:--show interfaces" "conf:--show config" "show config:--show config" \
        "routes $G4:--show routes $G4" "show eth0:--show eth0" "di:--diff" "help:-h" "version:-v"; do
        # shellcheck disable=SC2086 # words
        run 0 "$SMCROUTE" ${command#*:}
        without_ages >with
        # shellcheck disable=SC2086 # words
        run 0 "$SMCROUTE" ${command%:*}
        same "output of smcroute ${command%:*}" "$(without_ages)" "$(cat with)"
    done
    refused 64 re eth0 $G4
    same "what is said" "$(cat err)" "smcroute: 're' may mean reload or remove or restart"
    refused 64 stauts
    # A batch is for scripts, whose words are written out.
    echo "a eth0 $S4 $G4 eth1" >commands
    refused 64 batch commands
    kernel_lacks $G4
    echo "add eth0 $S4 $G4 eth1" >commands
    client batch commands
    kernel_has "$S4 $G4 eth0 -> eth1"
    client k
    ended_well
    DAEMON=
}

run_claims
