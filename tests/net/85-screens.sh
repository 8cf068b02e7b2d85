#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# What a person sees on a terminal: that it fits, that its states are true, and the line over it.

. "$(dirname "$0")/lib.sh"
network 3
mkdir -p /dev/pts
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts /dev/pts
ln -s pts/ptmx /dev/ptmx

# at WIDTH WORD...: what smcroute prints with these words on a terminal so wide, without the codes.
at() {
    local width=$1
    shift
    SHELL=/bin/sh script -qec "stty rows 24 cols $width; $SMCROUTE $*" /dev/null </dev/null |
        sed -e $'s/\e\\[[0-9;?]*[A-Za-z]//g' -e 's/\r//g'
}


test_every_table_fits_every_terminal() {
    config <<-END
		phyint eth3 disable
		mgroup from eth0 group $G4
		mroute from eth0 source $S4 group $G4 to eth1 eth2 eth3 tun0 br-9f2c1a7d3e4
		mroute from eth0 source $S6 group $G6 to eth1
		mroute from eth0 source 10.0.0.0/24 except 10.0.0.9,10.0.0.10,10.0.0.11 group 225.3.0.0/16 to eth1
	END
    start_daemon
    silent_at r1 225.5.5.5
    local width what
    for what in routes rates map rules groups interfaces pending; do
        for width in 60 80 132; do
            at $width --no-heading --show $what >shown
            same "lines of $what wider than $width" "$(grep -cE ".{$((width + 1))}" shown || true)" 0
        done
    done
}

test_a_terminal_has_a_line_about_the_daemon_and_a_pipe_only_for_status() {
    config <<<"mroute from eth0 source $S4 group $G4 to eth9"
    start_daemon
    local line="^smcroute up $AGE: 1 route, 0 rules, 1 pending!, loaded $AGE ago\$"
    at 132 --show >shown
    head -n 1 shown | grep -qE "$line"
    run 0 "$SMCROUTE" --show
    not grep -q ' up ' out
    run 0 "$SMCROUTE" --show status
    head -n 1 out | grep -qE "$line"
    at 132 --no-heading --show >shown
    not grep -q ' up ' shown
    echo 'mroute frm' >/etc/smcroute.conf
    run 78 "$SMCROUTE" --reload
    run 0 "$SMCROUTE" --show status
    head -n 1 out | grep -qE "reload refused $AGE ago! \(/etc/smcroute.conf:1:8 has an error \(see the log\)\)$"
    grep -qx 'refused reloads: *1' out
    run 0 "$SMCROUTE" --metrics
    grep -qx 'smcroute_last_load_success 0' out
    grep -qx 'smcroute_refused_reloads_total 1' out
    grep -qE '^smcroute_start_time_seconds [0-9]{10}$' out
    : >/etc/smcroute.conf
    client --reload
    run 0 "$SMCROUTE" --json --show status
    grep -qE '"last_load": "done", "last_load_time": [0-9]{10}, "last_load_s": [0-9]+, "last_load_ok": 1' out
}

test_the_line_names_a_table_and_a_socket_of_their_own() {
    start_daemon -t 100 -u /run/own
    at 132 -u /run/own --show >shown
    head -n 1 shown | grep -qE "loaded $AGE ago.*, table 100, socket /run/own$"
}

# says STATE GROUP: of a stream that is sent to GROUP meanwhile.
says() {
    run 0 "$SMCROUTE" --show rates "$2"
    grep -qE -- " $2 .* $1\$" out
}

test_states_are_true_of_ipv4_and_ipv6() {
    config <<-END
		mroute from eth0 source $S4 group $G4 to eth1
		mroute from eth0 source $S6 group $G6 to eth1
		mroute from eth0 source $S4 group 225.2.0.1 to eth2
		mroute from eth0 source $S6 group ff0e::2:1 to eth2
		mroute from eth1 source $S4 group 225.3.0.1 to eth3
		mroute from eth1 source $S6 group ff0e::3:1 to eth3
	END
    start_daemon
    local group
    for group in $G4 $G6; do stream sender $group -r 50; done
    for group in 225.2.0.1 ff0e::2:1; do stream sender $group -r 50 -t 1; done
    for group in 225.3.0.1 ff0e::3:1; do stream sender $group -r 50; done
    for group in $G4 $G6; do poll_until says flows $group; done
    for group in 225.2.0.1 ff0e::2:1; do poll_until says 'not leaving \(TTL too low\?\)' $group; done
    for group in 225.3.0.1 ff0e::3:1; do poll_until says 'wrong inbound: comes by eth0' $group; done
    at 132 --show >shown
    grep -qE " $G4 .* flows$" shown
    grep -qE " 225.2.0.1 .* not leaving \(TTL too low\?\)$" shown
    run 0 "$SMCROUTE" --show map
    grep -qE '^eth0 +-> nowhere' out
    run 0 "$SMCROUTE" --dot --show map
    grep -qE '^ +"eth0" -> "eth1" \[label="2 streams\\n[0-9.]+kbit/s"\];$' out
    ip link set eth1 down
    for group in $G4 $G6; do poll_until says 'not leaving: no outbound is up' $group; done
    end_streams
    ip link set eth1 up
    silent() { says "silent $AGE" $G4; }
    poll_until silent
    await_links
}

test_a_ttl_between_the_thresholds_leaves_by_one_outbound() {
    config <<-END
		phyint eth2 ttl-threshold 20
		mroute from eth0 source $S4 group $G4 to eth1 eth2
	END
    start_daemon
    stream sender $G4 -r 50
    poll_until says 'flows, not by eth2 \(TTL too low\?\)' $G4
    end_streams
}

test_streams_that_share_an_outbound_are_told_what_is_sure() {
    config <<-END
		mroute from eth0 source $S4 group $G4 to eth1
		mroute from eth0 source $S4 group 225.2.0.1 to eth1
	END
    start_daemon
    stream sender $G4 -r 50
    stream sender 225.2.0.1 -r 50 -t 1
    poll_until says 'arrives \([45][0-9]% leaves by eth1\)' 225.2.0.1
    end_streams
}

test_interfaces_have_counters_rates_and_the_reason_for_no_slot() {
    config <<-END
		phyint eth3 disable
		mroute from eth0 source $S4 group $G4 to eth1
	END
    start_daemon
    streams_to r1 $G4 5
    run 0 "$SMCROUTE" --no-heading --show interfaces IPv4
    same "eth0" "$(awk '$1 == "eth0" { print $7, $9, $13 }' out)" "5 0 -"
    same "eth1" "$(awk '$1 == "eth1" { print $7, $9, $13 }' out)" "0 5 -"
    same "eth3" "$(awk '$1 == "eth3" { print $5, $13 }' out)" "- disabled"
    stream sender $G4 -r 100
    has_rate() { at 132 --show interfaces eth1 IPv4 >shown && awk '$1 == "eth1" { found = $12 ~ /k$/ } END { exit !found }' shown; }
    poll_until has_rate
    end_streams
}

run_claims
