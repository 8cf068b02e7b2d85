#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Rules that say nolearn: the kernel forwards every source of a group by itself, and nobody asks the
# daemon. What the kernel cannot do by itself is learned as ever.

. "$(dirname "$0")/lib.sh"
network 2

# from HOST GROUP [OPTION...]: that host sends.
from() { in_ns "$1" "$MCAST" send "$2" -i eth0 -r 0 "${@:3}"; }

# show WORD...: what --show says of it is in the file "out".
show() { run 0 "$SMCROUTE" --show "$@"; }

# stars: the kernel's entries for any source; each has its inbound among its outbounds.
stars() {
    local source group iif arrow oifs
    while read -r source group iif arrow oifs; do
        case $source in
            0.0.0.0 | ::) echo "* $group $iif $arrow $(xargs -n 1 <<<"$oifs" | sort | xargs)" ;;
        esac
    done < <(mroutes) | sort
}
others() { mroutes | sed -E '/^(0\.0\.0\.0|::) /d' | sort; }

upcalls() { show status --json && sed -n 's/.*"upcalls": \([0-9]*\).*/\1/p' out; }

wakeups() { awk '/^voluntary_ctxt_switches/ { print $2 }' "/proc/$(worker)/status"; }
# The last client may have left only just now.
sleeps() {
    local before
    before=$(wakeups)
    sleep 0.2
    [ "$(wakeups)" = "$before" ]
}

takeovers() { grep -c ': another worker has taken over$' $SYSLOG || true; }
took_over() { [ "$(takeovers)" -ge "$1" ]; }
kill_worker() {
    local before
    before=$(takeovers)
    strike "$(worker)"
    poll_until took_over $((before + 1))
}

# serves GROUP FIRST-SOURCE
serves_2000_sources() {
    echo "mroute from eth0 group $1 nolearn to eth1" | config
    start_daemon
    same "entries" "$(stars) $(others)" "* $1 eth0 -> eth0 eth1 "
    local before woken
    before=$(upcalls)
    poll_until sleeps
    woken=$(wakeups)
    listen r1 "$1" -n 2000
    send "$1" --spoof "$2" --sources 2000 -r 2000
    heard r1 lost=0
    # A link may have had something to say.
    [ $(($(wakeups) - woken)) -le 3 ] || fail "$(($(wakeups) - woken)) wake-ups"
    same "entries" "$(stars) $(others)" "* $1 eth0 -> eth0 eth1 "
    same "upcalls" "$(upcalls)" "$before"
}
test_ipv4_sources_need_one_entry_no_upcall_and_no_wake_up() {
    serves_2000_sources $G4 172.16.0.1
}
test_ipv6_sources_need_one_entry_no_upcall_and_no_wake_up() {
    serves_2000_sources $G6 2001:db8::1:1
}

test_a_wildcard_inbound_is_one_entry_for_each_interface() {
    echo "mroute from eth+ group $G4 nolearn to eth2" | config
    start_daemon
    same "entries" "$(stars)" "* $G4 eth0 -> eth0 eth2
* $G4 eth1 -> eth1 eth2
* $G4 eth2 -> eth2"
    listen r2 $G4 -n 20
    from sender $G4 -n 10
    from r1 $G4 -n 10
    heard r2 lost=0
    same "learned" "$(others)" ""
}

# The oldest entry takes what the newer ones do not.
test_rules_in_a_row_forward_from_each_interface_in_whatever_order_they_come() {
    start_daemon
    client -a eth1 $G4 nolearn eth2 -a eth0 $G4 nolearn eth1 eth2
    same "entries" "$(stars)" "* $G4 eth0 -> eth0 eth1 eth2
* $G4 eth1 -> eth1 eth2"
    listen r1 $G4 -n 10
    listen r2 $G4 -n 20
    from sender $G4 -n 10
    from r1 $G4 -n 10
    heard r2 lost=0
    rm -f r1.status
    same "learned" "$(others)" ""
}

test_a_circle_is_learned_and_told_of_once() {
    start_daemon
    client -a eth0 $G4 nolearn eth1
    run 0 "$SMCROUTE" -a eth1 $G4 nolearn eth0
    same "what the client says" "$(cat err)" \
        "smcroute: warning: $G4 is learned in spite of nolearn: the rules for the group lead in a circle"
    same "entries" "$(stars)" ""
    same "how often" "$(grep -c 'in spite of nolearn' "$(the_log)")" 1
    streams_to r1 $G4 4
    show rules
    grep -qE "^\* +$G4 +eth0 +eth1 +- +no: the rules for the group lead in a circle +client$" out
    client -r eth1 $G4
    same "entries" "$(stars)" "* $G4 eth0 -> eth0 eth1"
    same "learned" "$(others)" ""
    show rules
    grep -qE "^\* +$G4 +eth0 +eth1 +- +yes +client$" out
}

test_a_rule_that_learns_makes_the_group_learn() {
    cat >/etc/smcroute.conf <<END
mroute from eth0 group $G4 nolearn to eth1
mroute from eth2 group 225.0.0.0/8 to eth1
END
    start_daemon
    same "entries" "$(stars)" ""
    grep -q "$G4 is learned in spite of nolearn: the rule of /etc/smcroute.conf:2 learns" "$(the_log)"
    streams_to r1 $G4 4
    show rules
    grep -qE "^\* +$G4 +eth0 +eth1 +- +no: the rule of smcroute.conf:2 learns +smcroute.conf:1$" out
}

test_what_no_single_entry_can_say_is_learned_with_a_warning() {
    echo "mroute from eth0 except 10.9.9.9 group $G4 nolearn to eth1" | config
    run 0 "$SMCROUTE" -F /etc/smcroute.conf
    grep -q "warning: nolearn has no effect, this rule learns: it excepts sources" out err
    start_daemon
    same "entries" "$(stars)" ""
    streams_to r1 $G4 4
}

test_an_exact_route_decides_its_source_and_sends_where_the_rule_does() {
    config <<END
mroute from eth0 group $G4 nolearn to eth1
mroute from eth0 source $S4 group $G4 to eth2
END
    start_daemon
    kernel_has "$S4 $G4 eth0 -> eth1 eth2"
    listen r2 $G4 -n 5
    streams_to r1 $G4 5
    heard r2 lost=0
    watch r2
    listen r1 $G4 -n 5
    send $G4 --spoof 172.16.0.1 --sources 5
    heard r1 lost=0
    heard_nothing r2
}

# Whoever sends where no rule takes the group: one entry keeps the kernel from asking.
test_sources_on_an_interface_without_a_rule_take_one_entry() {
    echo "mroute from eth0 group $G4 nolearn to eth1" | config
    start_daemon
    from r2 $G4 --spoof 172.16.0.1 --sources 3
    poll_until kernel_has "0.0.0.0 $G4 eth2 -> eth2"
    local before
    before=$(upcalls)
    from r2 $G4 --spoof 172.16.1.1 --sources 500
    same "upcalls" "$(upcalls)" "$before"
    same "entries" "$(stars)" "* $G4 eth0 -> eth0 eth1
* $G4 eth2 -> eth2"
    show
    grep -qE "^\* +$G4 +eth2 .* blocked: no rule \(nearest smcroute.conf:1 " out
    listen r1 $G4 -n 50
    send $G4 --spoof 172.16.1.1 --sources 50
    heard r1 lost=0
}

test_what_is_shown() {
    echo "mroute from eth+ group $G4 nolearn to eth1" | config
    start_daemon
    listen r1 $G4 -n 7
    send $G4 -n 7
    heard r1 lost=0
    show
    grep -qE "^\* +$G4 +eth0 +eth1 +7 +[0-9]+ +0 +$AGE +smcroute.conf:1 +arrives$" out
    grep -qE "^\* +$G4 +eth2 +eth1 +0 +0 +0 +$AGE +smcroute.conf:1 +no packet yet$" out
    grep -qE "^\* +$G4 +eth\+ +eth1 .* rule, not learned$" out
    show $G4 --json
    grep -q '"source": "\*", "group": "'$G4'", "iif": "eth0", "oifs": \["eth1"\], .*"packets": 7, .*"state": "arrives", "kind": "static"' out
    run 0 "$SMCROUTE" --metrics
    grep -q '^smcroute_route_packets_total{source="\*",group="'$G4'",iif="eth0"} 7$' out
    show config
    same "the configuration" "$(cat out)" "mroute from eth+ group $G4 nolearn to eth1"
    echo "mroute from eth+ group $G4 to eth1" | config
    run 0 "$SMCROUTE" --diff
    same "the difference" "$(cat out)" "+ mroute from eth+ group $G4 to eth1
- mroute from eth+ group $G4 nolearn to eth1"
    stream sender $G4 -r 100
    rate_is_shown() { show rates && grep -E "^\* +$G4 +eth0 +eth1 +[1-9][0-9]* " out; }
    poll_until rate_is_shown
    end_streams
}

nothing_is_learned_of_it() {
    same "streams" "$(show status --json && grep -o '"learned": [0-9]*' out)" '"learned": 0'
}

# undisturbed WHAT...: beneath streams of two sources, one of them of a route.
undisturbed() {
    listen r1 $G4 $G6
    stream sender $G4 -r "$RATE"
    stream sender $G6 -r "$RATE"
    poll_until received_at_least r1 20
    "$@"
    end_streams
    has_settled() {
        local before
        before=$(received r1)
        sleep 0.3
        [ "$(received r1)" = "$before" ]
    }
    poll_until has_settled
    heard_only r1 first=0 gaps=0 duplicated=0 late=0
}

nolearn_for_both() {
    config <<END
mroute from eth0 group $G4 $1 to eth1
mroute from eth0 group $G6 $1 to eth1
END
}

switches_there_and_back() {
    local round
    for ((round = 0; round < 10; ++round)); do
        nolearn_for_both nolearn
        client --reload
        poll_until kernel_lacks "$S4 $G4"
        nolearn_for_both ""
        client --reload
        poll_until kernel_has "$S4 $G4 eth0 -> eth1"
        poll_until kernel_has "$S6 $G6 eth0 -> eth1"
    done
    same "entries for any source" "$(stars)" ""
}
test_switching_between_nolearn_and_learning_loses_no_packet() {
    nolearn_for_both ""
    start_daemon
    # The kernel keeps four packets of a stream that it asks about: 80 ms.
    prompt 60
    RATE=50 undisturbed switches_there_and_back
}

packets_only_grow() {
    local before
    before=$(packets_of 0.0.0.0 $G4 | sort -n | tail -n 1)
    "$@"
    [ "$(packets_of 0.0.0.0 $G4 | sort -n | tail -n 1)" -ge "$before" ] || fail "the counter went back"
}
kills_and_upgrades() {
    local before round
    before=$(mroutes)
    for ((round = 0; round < 10; ++round)); do
        packets_only_grow kill_worker
        packets_only_grow client --reload
    done
    packets_only_grow client --upgrade
    same "entries in their order" "$(mroutes)" "$before"
}
test_a_killed_worker_an_upgrade_and_reloads_leave_the_entries_alone() {
    nolearn_for_both nolearn
    echo "mroute from eth1 group $G4 nolearn to eth2" >>/etc/smcroute.conf
    start_daemon
    follow
    RATE=1000 undisturbed kills_and_upgrades
    end_following
    same "what changed in the kernel" "$(grep -c "$G4" changes)" 0
    nothing_is_learned_of_it
}

test_a_killed_daemon_is_followed_by_one_that_leaves_the_entries_alone() {
    nolearn_for_both nolearn
    start_daemon
    local before
    before=$(mroutes)
    strike "$DAEMON"
    RATE=1000 undisturbed start_daemon
    same "entries" "$(mroutes)" "$before"
}

test_an_interface_that_returns_is_forwarded_from_and_to_again() {
    echo "mroute from eth0 group $G4 nolearn to eth1 eth2" | config
    start_daemon
    ip link del eth1
    poll_until eval '! has_vif eth1'
    listen r2 $G4 -n 5
    send $G4 -n 5
    heard r2 lost=0
    add_link 1
    await_links
    poll_until has_vif eth1
    streams_to r1 $G4 5
    ip link del eth0
    poll_until eval '! has_vif eth0'
    same "entries" "$(stars)" ""
    add_link 0
    await_links
    poll_until has_vif eth0
    poll_until kernel_has "0.0.0.0 $G4 eth0 -> eth0 eth1 eth2"
    streams_to r1 $G4 5
}

test_a_disabled_interface_takes_no_part() {
    echo "mroute from eth+ group $G4 nolearn to eth1" | config
    start_daemon
    echo "phyint eth2 disable" >>/etc/smcroute.conf
    client --reload
    same "entries" "$(stars)" "* $G4 eth0 -> eth0 eth1
* $G4 eth1 -> eth1"
    silent_from_r2() {
        watch r1
        from r2 $G4 -n 3
        heard_nothing r1
    }
    silent_from_r2
}

test_flush_and_silence_leave_the_entries() {
    echo "mroute from eth0 group $G4 nolearn to eth1" | config
    start_daemon -c 1
    local before
    before=$(mroutes)
    client --flush
    same "entries" "$(mroutes)" "$before"
    send 225.9.9.9
    poll_until kernel_has "$S4 225.9.9.9 eth0 ->"
    poll_until kernel_lacks 225.9.9.9
    same "entries" "$(mroutes)" "$before"
}

# mean RULE...: what comes in from each host must leave where these rules say. The hosts send 1, 2 and
# 4 packets, so that the sums tell the senders. A rule: its inbound, its outbounds, "n" for nolearn,
# "l" for learning, "r" for a route for the host behind its inbound.
mean() {
    local rule in out kind i j expected line
    : >/etc/smcroute.conf
    for rule in "$@"; do
        IFS=: read -r in out kind <<<"$rule"
        line="mroute from eth$in"
        [ "$kind" != r ] || line+=" source 10.0.$in.2"
        line+=" group $G4"
        [ "$kind" != n ] || line+=" nolearn"
        for ((i = 0; i < ${#out}; ++i)); do
            [ $i != 0 ] || line+=" to"
            line+=" eth${out:i:1}"
        done
        echo "$line" >>/etc/smcroute.conf
    done
    client --reload --flush
    for j in 0 1 2; do watch "$(host_of eth$j)"; done
    for i in 0 1 2; do from "$(host_of eth$i)" $G4 -n $((1 << i)); done
    for j in 0 1 2; do
        expected=0
        for i in 0 1 2; do
            for rule in "$@"; do
                IFS=: read -r in out kind <<<"$rule"
                if [[ $i != "$j" && ($in = "$i" || $in = +) && ($out = *$j* || $out = +) ]]; then
                    expected=$((expected | 1 << i))
                fi
            done
        done
        # Of a learned stream the first packets wait for the daemon, the fence does not.
        poll_until hears "$(host_of eth$j)" received=$expected
        end_of_listening "$(host_of eth$j)"
        grep -qw "received=$expected" "$(host_of eth$j).heard" ||
            fail "of [$*] $(host_of eth$j) heard $(cat "$(host_of eth$j).heard"), not $expected:
$(mroutes)"
        rm "$(host_of eth$j).status"
    done
}

test_packets_go_where_the_rules_say_in_many_mixes() {
    echo "phyint eth+ enable" | config
    start_daemon
    local rules=(0:1:n 0:2:n 0:12:n 1:0:n 1:2:n 1:02:n 2:0:n 2:1:n 2:01:n +:0:n +:+:n
        0:1:l 1:2:l 2:0:r 0:2:r)
    local i j n=0 count=${#rules[@]}
    for ((i = 0; i < count; ++i)); do
        for ((j = 0; j < i; ++j)); do
            mean "${rules[i]}" "${rules[j]}"
            n=$((n + 1))
            # Each third one with a third rule.
            if ((n % 3 == 0)); then
                mean "${rules[i]}" "${rules[j]}" "${rules[(n * 7) % count]}"
            fi
        done
    done
}

run_claims
