#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# A day of ordinary mistakes: what the program says to each, word for word, as in the file
# tests/screens/mistakes.txt. `UPDATE_SCREENS=1 tests/net/53-day_of_mistakes.sh` writes it again.

. "$(dirname "$0")/lib.sh"
network 3
mkdir -p /dev/pts
SAID=$ROOT/tests/screens/mistakes.txt

# What differs from run to run: processes, versions, ages, rates and counters.
settled() {
    sed -E -e 's/\((pid|process) [0-9]+\)/(\1 N)/g' -e 's/smcroute-worker\[[0-9]+\]/worker[N]/' \
        -e 's/process [0-9]+/process N/g' -e 's/ended with status [0-9]+/ended/' \
        -e "s/ +[0-9]+ +[0-9]+ +([0-9]+|-) +$AGE / COUNTERS /" \
        -e "s/ +[0-9.]+k? +[0-9.]+k? +([0-9.]+s|$AGE|-) / RATES /" -e "s/silent $AGE/silent AGE/" \
        -e "s/up $AGE/up AGE/" -e "s/$AGE ago/AGE ago/" -e "s/(load, ago:) .*/\1 AGE/" \
        -e "s|$T|T|g" -e "s|$PWD|PWD|g" -e 's/kill -CONT [0-9]+/kill -CONT N/' \
        -e 's/\([0-9]+ packets dropped\)/(N packets dropped)/' -e 's/  +/ /g'
}

# say TITLE COMMAND...: the command, its output and its exit status.
say() {
    local status=0
    echo "## $1"
    shift
    "$@" >out 2>err </dev/null || status=$?
    cat out err | head -n 30 | settled
    echo "-> $status"
}
s() { "$SMCROUTE" "$@"; }
# begins WORD...: the same, of which the first line is enough.
begins() { s "$@" | head -n 1; }
# logs WORD: the last line of the log with that word.
logs() { grep -F -- "$1" "$(the_log)" | tail -n 1 | sed -E 's/^<[0-9]+>.{15} [^:]*: /log: /' | settled; }
file() { printf '%b' "$1" >PWD.conf && s -F PWD.conf; }

words() {
    say "1 --deamon" s --deamon
    say "2 --rel" s --rel
    say "3 -show" s -show
    say "3 -daemon" s -daemon
    say "4 show" s show
    say "4 status" begins status
    say "4 help" begins help
    say "5 --show route" s --show route
    say "6 --show eth0" s --show eth0
    say "6 --show 225.1.2.3" s --show 225.1.2.3
    say "7 -L verbose" s -L verbose -d
    say "8 -a" s -a
    say "8 -a eth0" s -a eth0
    say "8 no outbound" s -a eth0 225.1.2.3
    say "9 source and group swapped" s -a eth0 225.1.2.3 10.0.0.2 eth1
    say "10 a unicast group" s -a eth0 10.0.0.2 10.0.0.3 eth1
    say "11 a malformed address" s -a eth0 225.1.2 eth1
    say "12 /33" s -a eth0 225.1.2.0/33 eth1
    say "13 IPv4 source, IPv6 group" s -a eth0 10.0.0.2 ff0e::1 eth1
    say "14 a zone" s -a eth0 fe80::1%eth0 ff0e::1 eth1
}

meanings() {
    say "15 a typo in the inbound" s -a eht0 225.2.2.2 eth1
    say "15 a typo in the outbound" s -a eth0 225.2.2.3 eht1
    say "15 a join on no interface" s -j eth9 225.2.2.2
    say "16 outbounds with a comma" s -a eth0 225.2.2.4 eth1,eth2
    say "16 the word to" s -a eth0 225.2.2.5 to eth1
    say "17 a group that is never forwarded" s -a eth0 $S4 224.0.0.251 eth1
    say "18 inbound is outbound" s -a eth0 225.7.7.7 eth0
    s -a eth0 $S4 225.5.5.5 eth1
    say "19 another inbound" s -a eth2 $S4 225.5.5.5 eth1
    say "20 SSM without source" s -j eth0 232.1.1.1
    say "21 removing what is not there" s -r eth1 $S4 225.5.5.5
    say "21 leaving what is not there" s -l eth0 225.6.6.6
    s -j eth0 10.0.0.9 232.1.1.2
    say "22 leaving without the source" s -l eth0 232.1.1.2
    say "23 a rule, and no stream yet" s --show 225.7.7.7
}

test_the_words_are_those_of_the_file() {
    config <<<"phyint eth3 disable"
    {
        say "25 no daemon" s --show
        say "34 -d and a file that is not there" s -d -f /etc/smcroute.cnf
        client -k
        say "48 a script that is missing" s -d -e /no/such
        poll_until grep -q 'reload exited' $SYSLOG
        logs "reload exited"
        client -k
    } >before
    start_daemon
    {
        cat before
        words
        meanings
        say "24 a disabled interface" s -a eth3 $S4 225.8.8.8 eth1
        say "24 what is shown of it" s --show 225.8.8.8
        say "24 what is pending" s --show pending eth3
        say "24 waiting for it" s --wait 0
    } >said
    files_and_others >>said
    streams_that_do_not_flow >>said
    if [ -n "${UPDATE_SCREENS:-}" ]; then
        cp said "$SAID"
    fi
    diff "$SAID" said
}

files_and_others() {
    say "27 wrong socket" s -u /run/wrong --show
    say "27 wrong instance" s -i wrong --show
    say "28 a second daemon" s -d
    printf 'mroute frm eth0 group 225.1.2.3 to eth1\nmroute from eth0 grup 225.1.2.3\n' >/etc/smcroute.conf
    say "32 a reload with errors" s --reload
    say "32 what the status says" sh -c "'$SMCROUTE' --show status | sed -n '1p;/^last load/p;/^refused/p'"
    rm /etc/smcroute.conf
    say "33 a reload, and the file is gone" s --reload
    say "31 errors in a file" file 'mroute frm eth0 group 225.1.2.3 to eth1\n'
    say "35 a directory" s -F /etc
    say "36 the wrong file" sh -c "yes 'ssh 22/tcp' | head -n 500 >wrong; '$SMCROUTE' -F wrong 2>&1 | tail -n 4"
    say "37 an include that is missing" file 'include nothing.conf\n'
    say "37 two names" file 'include a.conf b.conf\n'
    say "38 CRLF, BOM, tabs, no last newline" file '\xef\xbb\xbfmroute\tfrom eth0 group 225.1.2.3 to eth1\r\nmgroup from eth0 group 225.1.2.3'
    say "39 a no-break space" file 'mroute from eth0 source\xc2\xa010.0.0.2 group 225.1.2.3 to eth1\n'
    say "40 a comma behind a name" file 'mroute from eth0 group 225.1.2.3 to eth1,\n'
    say "40 quotes" file 'mroute from "eth0" group 225.1.2.3 to \xe2\x80\x9ceth1\xe2\x80\x9d\n'
    say "40 a semicolon, a star, capitals" file 'mroute from ETH0 group 225.1.2.3 to eth1; eth*\n'
    say "40 a comment without a space" file 'mroute from eth0 group 225.1.2.3 to eth1# lan\n'
    say "41 to and nothing behind it" file 'mroute from eth0 group 225.1.2.3 to\n'
    say "42 a long line" sh -c "{ printf 'mroute from eth0 group 225.1.2.3 to '; head -c 70000 /dev/zero | tr '\\0' x; } >long; '$SMCROUTE' -F long | tail -n 1"
    say "49 a full disk" sh -c "'$SMCROUTE' --show >/dev/full"
    printf 'add eth0\nadd eth0 225.1.2.3 eth1\nremov x\n' >commands
    say "54 a batch with bad lines" s --batch commands
}

shows_state() { "$SMCROUTE" --show rates "$1" | grep -qE -- " $2"; }

# say_state TITLE GROUP STATE: what is shown of the stream once its state is that.
say_state() {
    poll_until shows_state "$2" "$3"
    say "$1" s --show rates "$2"
}

streams_that_do_not_flow() {
    s -a eth0 $S4 $G4 eth1 -a eth1 $S4 225.1.2.4 eth2 -a eth0 10.0.0.9 225.1.2.5 eth1 \
        -a eth0 $S4 225.1.2.6 eth9 eth2
    stream sender $G4 -r 50 -t 1
    say_state "45 TTL 1" $G4 'not leaving'
    end_streams
    stream sender $G4 -r 50
    say_state "- all is well" $G4 flows
    ip link set eth1 down
    say_state "44 an outbound is down" $G4 'not leaving'
    logs "eth1 is down"
    ip link set eth1 up
    stream sender 225.1.2.4 -r 50
    say_state "47 a wrong inbound" 225.1.2.4 'wrong inbound: comes by'
    stream sender 225.1.2.5 -r 50
    say_state "47 another source" 225.1.2.5 'blocked: .*nearest'
    stream sender 225.1.2.6 -r 50
    say_state "43 an outbound that is missing" 225.1.2.6 flows
    end_streams
    say "- nothing arrives" s --show 10.0.0.9
    tell_kernel ipv4/conf/eth0/rp_filter 1
    s -a eth0 10.0.2.77 225.1.2.7 eth1
    stream sender 225.1.2.7 -r 50 --spoof 10.0.2.77
    say "46 the reverse path filter: what --show says" s --show 10.0.2.77
    say "46 the reverse path filter: what --why says" \
        sh -c "'$SMCROUTE' --seconds 1 --why 10.0.2.77 | grep -A 2 '^  reverse-path'"
    tell_kernel ipv4/conf/eth0/rp_filter 0
    end_streams
}

run_claims
