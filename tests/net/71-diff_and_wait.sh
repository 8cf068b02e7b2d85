#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# What helps whoever changes a running configuration: --diff says what a reload would change, --wait
# says when everything that was asked for is there.

. "$(dirname "$0")/lib.sh"
network 3

# ---- --diff ----

# diff_is LINE...: --diff prints these lines and no others.
diff_is() {
    local wanted=
    [ $# = 0 ] || wanted=$(printf '%s\n' "$@")
    run 0 "$SMCROUTE" --diff
    same "standard error of --diff" "$(cat err)" ""
    same "the difference" "$(cat out)" "$wanted"
}

a_configuration() {
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 source $S6 group $G6 to eth1
mroute from eth0 group 225.4.0.0/16 to eth1
mgroup from eth0 group $G4
phyint eth3 disable
END
}

test_without_a_difference_diff_prints_nothing() {
    : | config
    start_daemon
    diff_is
    a_configuration
    client --reload
    diff_is
}

test_diff_prints_what_a_reload_would_change_and_changes_nothing() {
    a_configuration
    start_daemon
    streams_to r1 $G4 4
    streams_to r1 $G6 4
    client -a eth0 $S6 ff0e::9 eth2 -j eth1 $G6 -r eth0 $S4 $G4
    client -a eth0 $S4 $G4 eth1 eth2
    config <<END
mroute from eth0 source $S4 group $G4 to eth1
mroute from eth0 group 225.4.0.0/16 to eth1 eth2
mroute from eth0 source fd00::/64 except fd00::9 group ff0e::/16 to eth1
mgroup from eth0 source fd00::/120 group ff3e::7
phyint eth2 ttl-threshold 3
END
    show_sources
    local before
    before=$(kernel_state)
    run 0 "$SMCROUTE" --diff
    same "standard error" "$(cat err)" ""
    # Lines of one kind may be in any order.
    same "the difference" "$(sort out)" "$(sort <<END
- mroute from eth0 source $S4 group $G4 to eth1 eth2
+ mroute from eth0 source $S4 group $G4 to eth1
- mroute from eth0 group 225.4.0.0/16 to eth1
+ mroute from eth0 group 225.4.0.0/16 to eth1 eth2
- mroute from eth0 source $S6 group $G6 to eth1
- mroute from eth0 source $S6 group ff0e::9 to eth2
+ mroute from eth0 source fd00::/64 except fd00::9 group ff0e::/16 to eth1
- mgroup from eth0 group $G4
- mgroup from eth1 group $G6
- mgroup from lo source 127.0.0.9 group 232.99.99.99
- mgroup from lo source ::9 group ff3e::9999
+ mgroup from eth0 source fd00::/120 group ff3e::7
- phyint eth3 disable
+ phyint eth2 ttl-threshold 3
END
)"
    same "everything in the kernel" "$(kernel_state)" "$before"
    streams_to r1 $G4 4
    same "packets counted" "$(packets_of $S6 $G6)" 4
    client --reload
    diff_is
}

# Routes with their counters, slots, groups, sources of groups; and the pid file that a reload touches.
kernel_state() {
    { ip -s -4 mroute show && ip -s -6 mroute show; } | sed 's/, Age .*//'
    vifs 4
    vifs 6
    ip maddr
    cat /proc/net/mcfilter /proc/net/mcfilter6
    stat -c %y /run/smcroute.pid
    cat "$(the_log)"
}

test_diff_and_reload_report_the_errors_of_the_file_and_change_nothing() {
    a_configuration
    start_daemon
    cat >/etc/smcroute.conf <<END
mroute from eth0 source $S4 group 225.9.9.9 to eth1
mroute from eth0 group 10.1.2.3 to eth1
mgroup from eth0
END
    local before command
    before=$(mroutes)
    for command in --diff --reload; do
        run 78 "$SMCROUTE" $command
        same "standard output of $command" "$(cat out)" ""
        grep -qE '^/etc/smcroute\.conf:2:24: error: .*10\.1\.2\.3' err
        grep -qE '^ *\^~+$' err
        grep -qE '^/etc/smcroute\.conf:3:[0-9]+: error: ' err
        tail -n 1 err | grep -q '^smcroute: .*/etc/smcroute\.conf'
        same "the kernel's table" "$(mroutes)" "$before"
        joined eth0 $G4
    done
}

test_of_an_empty_file_diff_says_that_everything_would_go() {
    a_configuration
    start_daemon
    : >/etc/smcroute.conf
    run 0 "$SMCROUTE" --diff
    same "number of lines" "$(grep -c '^- ' out)" 5
    not grep -q '^+' out
    kernel_has "$S4 $G4 eth0 -> eth1"
}

# ---- A property, over generated configurations ----

# Numbers that are the same in every run, without subshells, which bash seeds anew.
draw() { # N: sets n to a number below N
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    n=$((seed / 65536 % $1))
}
pick() { # WORD...: sets word to one of them
    draw $#
    word=${*:n + 1:1}
}

pick_outbounds() {
    local name
    outbounds=
    for name in eth1 eth2 eth3 eth+ late0; do
        draw 3
        [ $n != 0 ] || outbounds+=" $name"
    done
    outbounds=${outbounds:-" eth1"}
}

any_line() {
    local line=
    pick "mroute from eth0 source 10.0.0. N group 225.1.2. N to" \
        "mroute from eth0 source fd00:: N group ff0e::1: N to" \
        "mroute from IN source 10.0.0.0/2 N group 225.0.0.0/1 N to" \
        "mroute from IN except fd00:: N group ff0e::/1 N to" \
        "mgroup from IN group 225.7.0. N" \
        "mgroup from IN group 225.7.0.0/3 N" \
        "mgroup from IN group ff0e::7:0/12 N" \
        "mgroup from IN source 10.0.0.0/3 N group 232.1.1. N" \
        "mgroup from IN source fd00:: N group ff3e::1: N" \
        "phyint IN ttl-threshold 1 N" "phyint IN disable" "phyint IN enable"
    for word in $word; do
        case $word in
            N)
                draw 3
                line+=$n
                continue
                ;;
            IN) pick eth0 eth1 late0 eth+ ;;
        esac
        line+=" $word"
    done
    case $line in
        *to)
            pick_outbounds
            line+=$outbounds
            ;;
    esac
    echo "${line# }"
}

any_configuration() {
    local lines
    draw 12
    for ((lines = n; lines > 0; --lines)); do
        any_line
    done
}

# Routes with their thresholds, and joins; outbounds sorted, for slots survive a reload. So does an
# entry whose inbound has lost its slot, to resume with it; a new start does not make such.
kernel_holds() {
    { ip -4 mroute show && ip -6 mroute show; } | awk '!/Iif: unresolved/ {
        count = 0
        line = $1 " " $3 " ->"
        for (i = 5; $4 == "Oifs:" && i <= NF && $i !~ /:$/; ++i) {
            if ($i ~ /^\(ttl/ || $i ~ /^[0-9]+\)$/) { word[count] = word[count] $i; continue }
            word[++count] = $i
        }
        for (i = 2; i <= count; ++i)
            for (j = i; j > 1 && word[j] < word[j - 1]; --j) {
                swap = word[j]; word[j] = word[j - 1]; word[j - 1] = swap
            }
        for (i = 1; i <= count; ++i) line = line " " word[i]
        print line
    }' | sort
    ip maddr show | awk '/^[0-9]+:/ { dev = $2 } $2 ~ /^(225|232|ff0e|ff3e)/ { print dev, $2 }' | sort
    awk 'NR > 1 { print $2, $3, $4, $5, $6 }' /proc/net/mcfilter /proc/net/mcfilter6 | sort
    vifs 4 | sort
    vifs 6 | sort
}

test_after_a_reload_there_is_no_difference_and_all_is_as_after_a_new_start() {
    local round changed=0 reloaded seed=${SEED:-2026} n word outbounds
    for round in {1..20}; do
        any_configuration >old.conf
        any_configuration >new.conf
        cp old.conf /etc/smcroute.conf
        start_daemon
        diff_is
        cp new.conf /etc/smcroute.conf
        run 0 "$SMCROUTE" --diff
        [ ! -s out ] || changed=$((changed + 1))
        # What would be added to nothing is the file itself, in other words.
        : >/etc/smcroute.conf
        client --reload
        cp new.conf /etc/smcroute.conf
        run 0 "$SMCROUTE" --diff
        not grep -q '^-' out
        sed 's/^+ //' out >/etc/smcroute.conf
        client --reload
        cp new.conf /etc/smcroute.conf
        diff_is
        cp old.conf /etc/smcroute.conf
        client --reload
        cp new.conf /etc/smcroute.conf
        client --reload
        diff_is
        # A route that went and that a rule covers lives on as a learned stream.
        client --flush
        show_sources
        reloaded=$(kernel_holds)
        stop_daemon
        start_daemon
        show_sources
        same "what the kernel holds" "$reloaded" "$(kernel_holds)"
        stop_daemon
    done
    echo "# of $round generated pairs of configurations $changed differed"
    [ $changed -gt 10 ]
}

# ---- --wait ----

test_wait_returns_at_once_when_nothing_is_pending() {
    a_configuration
    start_daemon
    client --wait
    client --wait 0
    client --wait 5
}

# missing_then_there WORD...: a command that names late0, which is not there yet.
missing_then_there() {
    start_daemon
    client "$@"
    refused 75 --wait 0
    grep -qw late0 err
    local since=$EPOCHREALTIME
    refused 75 --wait 1
    [ "$(milliseconds_since "$since")" -ge 1000 ]
    grep -qw late0 err
    {
        trap - ERR EXIT
        set +eE
        "$SMCROUTE" --wait 60 >waited.out 2>&1
        echo $? >waited.status
        echo $EPOCHREALTIME >waited.until
    } &
    sleep 0.2
    not test -e waited.status
    since=$EPOCHREALTIME
    ip link add late0 type veth peer name late1
    poll_until test -s waited.until
    same "status of the one that waited" "$(cat waited.status)" 0
    same "what it said" "$(cat waited.out)" ""
    echo "# --wait ended $((($(tr -d . <waited.until) - ${since/./}) / 1000)) ms from before the" \
        "creation of its interface"
    client --wait
    ip link del late0
    poll_until waits_again
}
waits_again() { ! "$SMCROUTE" --wait 0; }

test_wait_ends_when_the_outbound_of_an_ipv4_route_appears() {
    missing_then_there -a eth0 $S4 $G4 eth1 late0
}
test_wait_ends_when_the_inbound_of_an_ipv6_rule_appears() {
    missing_then_there -a late0 $G6 eth1
}
test_wait_ends_when_the_interface_of_a_join_appears() {
    missing_then_there -j late0 $G6
}

test_wait_names_everything_that_is_missing_and_a_wildcard_is_never_missing() {
    config <<END
mroute from eth0 group $G4 to late1 eth1 none+
mroute from late2 group $G6 to eth1
mgroup from late3 group $G6
END
    start_daemon
    refused 75 --wait 0
    local name
    for name in late1 late2 late3; do
        grep -qw $name err
    done
    not grep -qF none err
    not grep -qw eth1 err
}

test_wait_ends_when_what_was_missing_is_asked_for_no_more() {
    start_daemon
    client -a eth0 $S4 $G4 late0
    {
        trap - ERR EXIT
        set +eE
        "$SMCROUTE" --wait >waited.out 2>&1
        echo $? >waited.status
    } &
    sleep 0.2
    not test -e waited.status
    client -r eth0 $S4 $G4
    poll_until test -s waited.status
    same "status of the one that waited" "$(cat waited.status)" 0
}

run_claims
