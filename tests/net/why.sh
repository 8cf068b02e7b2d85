# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# What the tests of --why share, behind lib.sh.

# verdicts_of_text: the codes in the text in "out", those of one stream on a line.
verdicts_of_text() {
    awk '/^\(/ { if (line) print line; line = / flows from / ? "forwarded" : "" }
         /^  [a-z-]+: / { sub(/:$/, "", $1); line = line (line ? " " : "") $1 }
         END { if (line) print line }' out
}

# says VERDICTS WORD...: --why WORD... judges some streams, and each of them so; "forwarded" is good
# news, and status 0.
says() {
    local status=1
    [ "$1" != forwarded ] || status=0
    run $status "$SMCROUTE" --seconds 1 --why "${@:2}"
    same "verdicts of --why ${*:2} ($(cat out))" "$(verdicts_of_text | sort -u)" "$1"
}

# says_both VERDICTS: the same of the streams of both families that are configured or arrive.
says_both() {
    says "$@"
    same "streams judged ($(cat out))" "$(verdicts_of_text | wc -l)" 2
}

# tells WORDS: what was said last has them.
tells() {
    grep -qF -- "$1" out || fail "--why does not say '$1': $(cat out)"
}

# Two streams, one of each family, that go on until end_streams.
both_streams() {
    stream sender $G4 -r 100 "$@"
    stream sender $G6 -r 100 "$@"
}

# routes OIF...: exact lines for both streams.
routes() {
    config <<END
mroute from eth0 source $S4 group $G4 to $*
mroute from eth0 source $S6 group $G6 to $*
END
}

# rules [WORDS]: lines for both groups from any source; WORDS stand behind "from".
rules() {
    config <<END
mroute from ${1:-eth0} group $G4 to ${2:-eth1}
mroute from ${1:-eth0} group $G6 to ${2:-eth1}
END
}

# filter HOOK: a packet filter that drops all there; "off": none any more.
filter() {
    local status=0
    "$MCAST" filter "$1" || status=$?
    [ $status != 77 ] || skip "no nf_tables here"
    same "status of mcast filter $1" $status 0
}

# Another instance, of which --why is not told, stands for another program that owns the table.
start_other() {
    config_of_other
    "$SMCROUTE" -i other -n >other.log 2>&1 &
    poll_until test -s /run/other.pid
}
config_of_other() { cat >/etc/other.conf; }
