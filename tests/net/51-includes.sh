#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# `include`: which files it reads and in which order, what is an error, and that whatever is said
# about an included file names that file.

. "$(dirname "$0")/lib.sh"
network 2

# included NAME: standard input becomes that file in /etc/smcroute.d, empty before each claim.
included() {
    mkdir -p /etc/smcroute.d
    cat >"/etc/smcroute.d/$1"
}

nothing_included() {
    rm -rf /etc/smcroute.d
}

# checked STATUS [FILE]: what -F says of the file is in "err".
checked() {
    run "$1" "$SMCROUTE" -F "${2:-/etc/smcroute.conf}"
    same "standard output" "$(cat out)" ""
}

test_a_glob_reads_every_file_that_matches_and_no_other() {
    nothing_included
    echo "mroute from eth0 source $S4 group $G4 to eth1" | included one.conf
    echo "mroute from eth0 source $S6 group $G6 to eth1" | included two.conf
    echo "mroute from eth0 source $S4 group 225.9.9.9 to eth1" | included three.conf.bak
    echo "mroute from eth0 source $S4 group 225.9.9.9 to eth1" | included .hidden.conf
    echo "include smcroute.d/*.conf" | config
    start_daemon
    no_diagnostics
    same "the kernel's table" "$(mroutes)" "$S4 $G4 eth0 -> eth1
$S6 $G6 eth0 -> eth1"
    streams_to r1 $G4 4
    streams_to r1 $G6 4
}

test_the_files_of_a_glob_are_read_in_the_order_of_their_names() {
    nothing_included
    echo "phyint eth0 enable" | included 20-b.conf
    echo "phyint eth1 enable" | included 10-z.conf
    echo "phyint eth2 enable" | included 05-c.conf
    echo "include /etc/smcroute.d/[0-9]*.conf" | config
    start_daemon
    no_diagnostics
    same "IPv4 slots" "$(vifs 4 | head -n 3 | xargs)" "eth2 eth1 eth0"
    same "IPv6 slots" "$(vifs 6 | head -n 3 | xargs)" "eth2 eth1 eth0"
}

test_an_included_file_takes_its_place_among_the_lines_around_it() {
    nothing_included
    echo "phyint eth2 enable" | included middle.conf
    config <<END
phyint eth1 enable
include smcroute.d/middle.conf
phyint eth0 enable
END
    start_daemon
    no_diagnostics
    same "IPv4 slots" "$(vifs 4 | head -n 3 | xargs)" "eth1 eth2 eth0"
}

test_a_name_is_relative_to_the_file_that_includes_it() {
    nothing_included
    mkdir -p /etc/smcroute.d/deeper
    echo "include deeper/routes.conf" | included first.conf
    echo "mroute from eth0 source $S4 group $G4 to eth1" >/etc/smcroute.d/deeper/routes.conf
    echo "include smcroute.d/first.conf" | config
    start_daemon
    no_diagnostics
    kernel_has "$S4 $G4 eth0 -> eth1"
}

test_a_pattern_without_a_match_is_fine() {
    nothing_included
    config <<END
include /etc/smcroute.d/*.conf
mroute from eth0 source $S4 group $G4 to eth1
END
    checked 0
    same "what was said" "$(cat err)" ""
    start_daemon
    no_diagnostics
    kernel_has "$S4 $G4 eth0 -> eth1"
}

test_a_plain_name_without_a_file_is_an_error_and_the_other_lines_count() {
    nothing_included
    config <<END
# 1
include smcroute.d/missing.conf
mroute from eth0 source $S4 group $G4 to eth1
END
    checked 78
    grep -qE '^/etc/smcroute\.conf:2:9: error: .*missing\.conf' err
    start_daemon
    poll_until grep -qE 'smcroute\.conf:2:9: error: .*missing\.conf' $SYSLOG
    kernel_has "$S4 $G4 eth0 -> eth1"
    run 78 "$SMCROUTE" --reload
    grep -qE 'smcroute\.conf:2:9: error: .*missing\.conf' err
    kernel_has "$S4 $G4 eth0 -> eth1"
}

test_diagnostics_name_the_included_file_line_and_column() {
    nothing_included
    included bad.conf <<END
mroute from eth0 source $S4 group $G4 to eth1
  mroute from eth0 group 10.1.2.3 to eth1
mroute from eth0 group 224.0.0.5 to eth1
END
    printf 'include smcroute.d/*.conf\nmgroup from eth0 group 1.2.3.4\n' | config
    checked 78
    grep -qE '^/etc/smcroute\.d/bad\.conf:2:26: error: .*10\.1\.2\.3' err
    grep -qE '^  mroute from eth0 group 10\.1\.2\.3 to eth1$' err
    grep -qE '^/etc/smcroute\.d/bad\.conf:3:24: warning: .*224\.0\.0\.5' err
    grep -qE '^/etc/smcroute\.conf:2:24: error: .*1\.2\.3\.4' err
    start_daemon
    poll_until grep -qE '/etc/smcroute\.d/bad\.conf:2:26: error: ' $SYSLOG
    kernel_has "$S4 $G4 eth0 -> eth1"
    run 78 "$SMCROUTE" --reload
    grep -qE '/etc/smcroute\.d/bad\.conf:2:26: error: ' err
}

test_a_warning_about_two_files_names_the_other_one() {
    nothing_included
    echo "mroute from eth0 source $S4 group $G4 to eth1" | included a.conf
    echo "mroute from eth0 source $S4 group $G4 to eth2" | included b.conf
    echo "include smcroute.d/*" | config
    start_daemon
    grep -E '/etc/smcroute\.d/b\.conf:1:?[0-9]*: warning: ' daemon.err | grep -qF a.conf
    kernel_has "$S4 $G4 eth0 -> eth1 eth2"
}

test_a_cycle_is_an_error_that_names_the_way_round() {
    nothing_included
    printf 'include b.conf\nmroute from eth0 source %s group %s to eth1\n' $S4 $G4 | included a.conf
    printf 'include a.conf\nmroute from eth0 source %s group %s to eth1\n' $S6 $G6 | included b.conf
    echo "include smcroute.d/a.conf" | config
    checked 78
    same "number of errors" "$(grep -c ' error: ' err)" 1
    grep -E '^/etc/smcroute\.d/b\.conf:1:9: error: ' err | grep -F a.conf | grep -qF b.conf
    start_daemon
    kernel_has "$S4 $G4 eth0 -> eth1"
    kernel_has "$S6 $G6 eth0 -> eth1"
}

test_a_file_that_includes_itself_is_an_error() {
    echo "include smcroute.conf" | config
    checked 78
    grep -qE '^/etc/smcroute\.conf:1:9: error: ' err
    echo "include *.conf" | config
    checked 78
}

# nested N: a main file with includes nested N deep, a route in the innermost.
nested() {
    local k
    nothing_included
    echo "include smcroute.d/1.conf" | config
    for ((k = 1; k < $1; ++k)); do
        echo "include $((k + 1)).conf" | included $k.conf
    done
    echo "mroute from eth0 source $S4 group $G4 to eth1" | included "$1.conf"
}

test_includes_16_deep_are_read_and_17_are_an_error() {
    nested 16
    checked 0
    start_daemon
    no_diagnostics
    kernel_has "$S4 $G4 eth0 -> eth1"
    nested 17
    checked 78
    grep -qE '^/etc/smcroute\.d/16\.conf:1:9: error: .*16' err
    run 78 "$SMCROUTE" --reload
    grep -qE '/etc/smcroute\.d/16\.conf:1:9: error: ' err
    kernel_has "$S4 $G4 eth0 -> eth1"
}

test_a_reload_reads_the_included_files_again() {
    nothing_included
    echo "mroute from eth0 source $S4 group $G4 to eth1" | included a.conf
    echo "include smcroute.d/*.conf" | config
    start_daemon
    echo "mroute from eth0 source $S6 group $G6 to eth1" | included b.conf
    rm /etc/smcroute.d/a.conf
    client --reload
    same "the kernel's table" "$(mroutes)" "$S6 $G6 eth0 -> eth1"
    streams_to r1 $G6 4
}

test_a_file_that_the_service_hides_is_said_to_be_hidden() {
    config <<END
include /run/user/9/none.conf
include /tmp/none.conf
include /etc/none.conf
END
    INVOCATION_ID=1 start_in_foreground
    grep -qxF "smcroute: /etc/smcroute.conf:1:9: error: no file /run/user/9/none.conf (ProtectHome= of\
 the service hides such files: put it below /etc)" daemon.err
    grep -qxF "smcroute: /etc/smcroute.conf:2:9: error: no file /tmp/none.conf (PrivateTmp= of the\
 service hides such files: put it below /etc)" daemon.err
    grep -qxF "smcroute: /etc/smcroute.conf:3:9: error: no file /etc/none.conf" daemon.err
}

run_claims
