#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# What people type and do not mean: the whole text of the answer, its status, and what takes effect.

. "$(dirname "$0")/lib.sh"
network 2

# says STATUS TEXT WORD...: smcroute with these words prints nothing but TEXT, on standard error.
says() {
    run "$1" "$SMCROUTE" "${@:3}"
    same "standard output of smcroute ${*:3}" "$(cat out)" ""
    same "standard error of smcroute ${*:3}" "$(cat err)" "$2"
}

# warns TEXT WORD...: a command that is carried out, with these warnings.
warns() {
    says 0 "smcroute: warning: ${1//$'\n'/$'\n'smcroute: warning: }" "${@:2}"
}

# logged TEXT: exactly one line of the system's log ends in this.
logged() {
    poll_until grep -qF -- "]: $1" $SYSLOG
    same "lines of the log with '$1'" "$(grep -cF -- "]: $1" "$(the_log)")" 1
}

# ---- Words of a command ----

test_an_interface_that_does_not_exist_is_told_with_the_likely_one() {
    start_daemon
    warns "interface eht0 does not exist (did you mean eth0?); the route is pending until it does" \
        -a eht0 $S4 $G4 eth1
    warns "interface eht1 does not exist (did you mean eth1?); the route is pending until it does" \
        -a eth0 $S4 225.2.2.2 eht1
    warns "interface eth9 does not exist; the join is pending until it does" -j eth9 $G4
    warns "interface ETH1 does not exist (did you mean eth1?); the join is pending until it does" \
        -j ETH1 $G4
    logged "interface eht0 does not exist (did you mean eth0?); lines that use it are pending"
    logged "interface eth9 does not exist; lines that use it are pending"
}

test_names_that_are_not_separated_by_spaces() {
    start_daemon
    warns "interface eth1,eth2 does not exist (names are separated by spaces: did you mean eth1 eth2?); the route is pending until it does" \
        -a eth0 $S4 $G4 eth1,eth2
    warns "interface eth1, does not exist (did you mean eth1?); the route is pending until it does" \
        -a eth0 $S4 $G4 eth1, eth2
    kernel_has "$S4 $G4 eth0 -> eth2"
}

test_a_keyword_of_the_file_in_a_command() {
    start_daemon
    warns "interface to does not exist ('to' is a keyword); the route is pending until it does" \
        -a eth0 $S4 $G4 to eth1
    kernel_has "$S4 $G4 eth0 -> eth1"
}

test_groups_that_can_hardly_be_meant() {
    start_daemon
    warns "group 224.0.0.251 is never forwarded by the kernel (link-local scope)" \
        -a eth0 224.0.0.251 eth1
    warns "group ff02::1 is never forwarded by the kernel (link-local scope)" -a eth0 ff02::1 eth1
    warns "group 232.1.1.1 is source-specific (232.0.0.0/8) but no source is given" -j eth0 232.1.1.1
    warns "inbound eth0 is also an outbound: packets go back where they came from" \
        -a eth0 225.7.7.7 eth0
    says 64 "smcroute: -j: '225.0.0.0/8' holds more than 65536 groups to join (expected /16 or longer; 'phyint eth0 mrdisc' has switches send all groups)" \
        -j eth0 225.0.0.0/8
}

test_a_source_behind_its_group() {
    start_daemon
    says 64 "smcroute: -j: unexpected '$S4' after the group (the source stands before the group)" \
        -j eth0 $G4 $S4
    says 64 "smcroute: -a: '$S4' is an address, not an interface name (the source stands before the group)" \
        -a eth0 $G4 $S4 eth1
}

test_warnings_in_a_batch_have_the_number_of_their_line() {
    start_daemon
    printf '%s\n' "" "add eht0 $G4 eth1" "rem eht0 $G4" "leave eth0 $G4" >commands
    says 64 "smcroute: warning: commands:2: interface eht0 does not exist (did you mean eth0?); the route is pending until it does
smcroute: commands:3: unknown command 'rem' (did you mean 'remove'?)
smcroute: commands:4: there is no mgroup from eth0 group $G4" --batch commands
    printf 'add eth0\302\240%s eth1\n' $G4 >commands
    says 64 "smcroute: commands:1: no-break space (U+00A0) in column 9 (only plain spaces and tabs separate words)" \
        --batch commands
}

test_warnings_are_json_where_errors_are() {
    start_daemon
    printf '%s\n' "add eth0 $G4 eht1" "leave eth0 $G4" >commands
    says 1 '{"warning": "commands:1: interface eht1 does not exist (did you mean eth1?); the route is pending until it does"}
{"error": "commands:2: there is no mgroup from eth0 group '$G4'", "status": 1}' --json --batch commands
}

test_commands_given_with_d_warn_on_its_standard_error() {
    start_daemon -a eht0 $S4 $G4 eth1 -j eth0 232.1.1.1
    same "standard error" "$(cat daemon.err)" "smcroute: interface eht0 does not exist (did you mean eth0?); lines that use it are pending
smcroute: mgroup from eth0 group 232.1.1.1: group 232.1.1.1 is source-specific (232.0.0.0/8) but no source is given"
}

# ---- What takes no effect, or another one ----

test_a_route_of_the_file_comes_back_when_what_replaced_it_goes() {
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    start_daemon
    warns "replaces mroute from eth0 source $S4 group $G4 to eth1 of /etc/smcroute.conf:1" \
        -a eth2 $S4 $G4 eth1
    kernel_has "$S4 $G4 eth2 -> eth1"
    strike "$(worker)"
    poll_until "$SMCROUTE" --show status
    client -r eth2 $S4 $G4
    kernel_has "$S4 $G4 eth0 -> eth1"
    logged "mroute from eth0 source $S4 group $G4 to eth1 of /etc/smcroute.conf:1 is back"
    streams_to r1 $G4 4
}

test_an_interface_that_the_file_disables() {
    config <<END
phyint eth2 disable
mroute from eth0 source $S4 group $G4 to eth1 eth2
END
    start_daemon
    grep -qx "smcroute: /etc/smcroute.conf:2: warning: this line uses eth2, which /etc/smcroute.conf:1 disables" \
        daemon.err
    warns "interface eth2 takes no part in IPv4 routing: disabled by /etc/smcroute.conf:1" \
        -a eth0 225.5.5.5 eth2
}

test_an_interface_for_which_no_slot_is_left() {
    local k
    for ((k = 0; k < 30; ++k)); do
        ip link add "d$k" type veth peer name "p$k"
        echo "phyint d$k enable"
    done | cat - <(printf 'phyint eth%d enable\n' 0 1) | config
    start_daemon
    run 0 "$SMCROUTE" -a eth0 $S4 $G4 eth2
    ip -batch - <<<"$(for ((k = 0; k < 30; ++k)); do echo "link del d$k"; done)"
    same "standard error" "$(cat err)" \
        "smcroute: warning: interface eth2 takes no part in IPv4 routing: no slot is left (phyint IFNAME disable frees one)"
}

# The kernel's own copies come back where a group is joined that it sends to.
test_joins_that_have_packets_counted_or_sent_more_than_once() {
    start_daemon
    client -a eth0 $S4 $G4 eth1 eth2
    send $G4 -n 5 -t 4
    poll_until counted 5 $G4
    warns "a join of $G4 on eth1, which is only its outbound: the kernel counts each packet once more" \
        -j eth1 $G4
    send $G4 -n 5 -t 4
    poll_until counted 15 $G4
    client -a eth0 $S4 225.6.6.6 eth0
    warns "a join of 225.6.6.6 on eth0, which is its inbound and its outbound: each packet goes out again and again until its TTL is used up" \
        -j eth0 225.6.6.6
    send 225.6.6.6 -n 5 -t 4
    poll_until counted 20 225.6.6.6
}
counted() { [ "$(packets_of $S4 "$2")" = "$1" ]; }

# ---- The file ----

test_lines_that_other_releases_take_start_and_reload() {
    config <<'END'
phyint eth2 disabled
phyint eth1 enabled ttl-threshold 0 upstream
phyint eth0 threshold 5
mgroup from eth0 group ff05::/64
mgroup from eth0 group 225.1.2.3 to eth1
mroute from eth0 source 10.0.0.2 group 225.1.2.3 to eth1 // and eth2
END
    start_daemon
    cat >expected <<'END'
/etc/smcroute.conf:1:13: warning: 'disabled' is taken for 'disable'
/etc/smcroute.conf:2:13: warning: 'enabled' is taken for 'enable'
/etc/smcroute.conf:2:35: warning: '0' is not a threshold (expected 1-255): 1 is taken
/etc/smcroute.conf:2:37: warning: unknown keyword 'upstream' in phyint is left out (expected 'enable', 'disable', 'mrdisc' or 'ttl-threshold')
/etc/smcroute.conf:3:13: warning: 'threshold' is taken for 'ttl-threshold'
/etc/smcroute.conf:4:24: warning: 'ff05::/64' holds more than 65536 groups to join (expected /112 or longer; 'phyint eth0 mrdisc' has switches send all groups): the line is left out
/etc/smcroute.conf:5:34: warning: 'to' does not belong in mgroup and is left out
/etc/smcroute.conf:6:58: warning: '//' is taken for a comment ('#' begins one)
END
    same "diagnostics at the start" "$(grep -o '/etc.* warning: .*' daemon.err)" "$(cat expected)"
    run 0 "$SMCROUTE" -F /etc/smcroute.conf
    same "diagnostics of -F" "$(grep warning: err)" "$(cat expected)"
    warns "$(sed 's/warning: //' expected)" --reload
    kernel_has "$S4 $G4 eth0 -> eth1"
    joined eth0 $G4
    run 0 "$SMCROUTE" --show config
    same "the configuration" "$(head -n 3 out)" "phyint eth2 disable
phyint eth1 enable ttl-threshold 1
phyint eth0 ttl-threshold 5"
}

test_words_of_the_file_that_are_hardly_names() {
    cat >odd.conf <<'END'
mroute from eth0 group 225.1.1.1 to eth1,
mroute from eth0 group 225.1.1.2 to “eth1”
mroute from "eth0" group 225.1.1.3 to eth1;
mroute from eth0@if3 group 225.1.1.4 to eth1# a comment
mroute from ETH0 group 225.1.1.5 to eth*
mroute from $IF group 225.1.1.6 to !eth1
END
    run 0 "$SMCROUTE" -F odd.conf
    same "diagnostics" "$(grep warning: err)" "odd.conf:1:37: warning: interface name 'eth1,' is probably mistyped (did you mean eth1?)
odd.conf:2:37: warning: interface name '???eth1???' is probably mistyped (did you mean eth1?)
odd.conf:3:13: warning: interface name '\"eth0\"' is probably mistyped (did you mean eth0?)
odd.conf:3:39: warning: interface name 'eth1;' is probably mistyped (did you mean eth1?)
odd.conf:4:13: warning: interface name 'eth0@if3' is probably mistyped (did you mean eth0?)
odd.conf:4:41: warning: interface name 'eth1#' is probably mistyped (did you mean eth1?)
odd.conf:5:13: warning: interface name 'ETH0' is probably mistyped (did you mean eth0?)
odd.conf:5:37: warning: interface name 'eth*' is probably mistyped (did you mean eth+?)
odd.conf:6:13: warning: interface name '\$IF' is probably mistyped ('\$' has no meaning here)
odd.conf:6:36: warning: interface name '!eth1' is probably mistyped ('!' has no meaning here)"
}

test_to_with_nothing_behind_it() {
    echo "mroute from eth0 group $G4 to" >bad.conf
    says 78 "bad.conf:1:34: error: missing interface name after 'to'
mroute from eth0 group $G4 to
                                 ^~" -F bad.conf
}

test_a_no_break_space_is_named() {
    printf 'mroute from\302\240eth0 group %s to eth1\n' $G4 >bad.conf
    says 78 "bad.conf:1:12: error: no-break space (U+00A0) in column 12 (only plain spaces and tabs separate words)
mroute from??eth0 group $G4 to eth1
           ^~" -F bad.conf
}

test_a_file_that_is_gone_at_a_reload_changes_nothing() {
    echo "mroute from eth0 source $S4 group $G4 to eth1" | config
    start_daemon
    rm /etc/smcroute.conf
    kill -HUP "$DAEMON"
    logged "there is no /etc/smcroute.conf: nothing was changed"
    says 78 "smcroute: there is no /etc/smcroute.conf: nothing was changed" --reload
    says 78 "smcroute: there is no /etc/smcroute.conf: nothing was changed" --diff
    kernel_has "$S4 $G4 eth0 -> eth1"
}

test_a_file_that_f_names_and_that_does_not_exist() {
    start_daemon -f /etc/smcruote.conf
    same "standard error" "$(cat daemon.err)" "smcroute: no /etc/smcruote.conf, waiting for commands"
    stop_daemon
    start_daemon
    same "standard error" "$(cat daemon.err)" ""
}

test_a_file_that_is_none_of_ours_is_told_of_in_a_screenful() {
    start_daemon -f /etc/services
    same "errors" "$(grep -c ': error: ' daemon.err)" 21
    grep -qE '^smcroute: /etc/services: error: and [0-9]+ more \(smcroute -F /etc/services shows all\)$' \
        daemon.err
    run 78 "$SMCROUTE" -F /etc/services
    [ "$(grep -c ': error: ' err)" -gt 100 ]
    run 78 "$SMCROUTE" --reload
    same "errors of a reload" "$(grep -c ': error: ' err)" 21
    same "the last line" "$(tail -n 1 err)" \
        "smcroute: /etc/services has errors: nothing was changed"
}

test_a_missing_interface_is_logged_with_the_first_line_that_names_it() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 group 225.5.5.5 to eth7 eth1
mgroup from eth7 group $G4
END
    start_daemon
    same "standard error" "$(cat daemon.err)" \
        "smcroute: /etc/smcroute.conf:2: interface eth7 does not exist; lines that use it are pending"
}

# ---- Words of other releases ----

test_options_of_other_releases() {
    says 64 "smcroute: unknown option '-I' (did you mean '-i'?)" -I lan -d
    says 64 "smcroute: unknown option '-S' (did you mean '-u'?)" -S /run/x -d
    says 64 "smcroute: unknown option '-b' (did you mean '--batch'?)" -b
    says 64 "smcroute: -l leaves a group (did you mean '-L debug'?)" -n -l debug
    says 64 "smcroute: unknown option '-show' (did you mean '--show'?)" -show
    says 64 "smcroute: unknown option '--rel' (did you mean '--reload'?)" --rel
    says 64 "smcroute: unexpected 'daemon': there is no such command (did you mean '--daemon'?)" daemon
    says 64 "smcroute: unexpected 'stauts': there is no such command (smcroute -h lists them)" stauts
    run 0 "$SMCROUTE" -d -v
    same "standard error" "$(cat err)" \
        "smcroute: warning: no daemon was started: -v only prints the version"
    start_daemon -L warn
}

run_claims
