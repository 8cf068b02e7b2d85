#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Completion as root with interfaces whose names are shell code: the kernel forbids only '/', ':' and
# spaces in a name.

. "$(dirname "$0")/lib.sh"
network 0

# shellcheck disable=SC2016 # names, not code
ODD=('x$(>pwn)' '`>pwn`' ';>pwn;' '$HOME' "'\">pwn" '*')

for name in "${ODD[@]}"; do
    ip link add "$name" type bridge
done
mount -t sysfs sysfs /sys 2>/dev/null
mkdir /dev/pts
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts /dev/pts
ln -s pts/ptmx /dev/ptmx
[ -d /sys/class/net/eth0 ] || { echo "ok completions # skip no sysfs of this network here"; exit 77; }

# completed WORD...: what bash makes of the last word, a line each.
completed() {
    COMP_WORDS=(smcroute "$@") COMP_CWORD=$#
    _smcroute
    printf '%s\n' "${COMPREPLY[@]}"
}

test_no_completion_runs_or_expands_the_name_of_an_interface() {
    local place name
    # shellcheck source=conf/smcroute.bash
    . "$ROOT/conf/smcroute.bash"
    for place in "-a" "--add eth0 225.1.2.3 eth0" "-r" "-j" "-l" "--show routes" "--show rates"; do
        # shellcheck disable=SC2086 # words
        completed $place '' >words
        for name in "${ODD[@]}"; do
            grep -qxF "$(printf %q "$name")" words
        done
        same "interfaces after $place" "$(wc -l <words)" "$(ip -br link | wc -l)"
    done
    not test -e pwn
}

# On a terminal: the name is completed and the line carried out.
test_a_line_completed_at_a_terminal_has_the_name_as_it_is() {
    # shellcheck disable=SC2016 # for the other shell
    {
        echo 'smcroute() { echo "$@" >said; }'
        echo ". '$ROOT/conf/smcroute.bash'"
        printf 'smcroute -a x\t\n'
        sleep 1
        echo exit
    } | script -qec "bash --norc --noprofile -i" /dev/null >terminal
    same "the words of the command" "$(cat said)" "-a ${ODD[0]}"
    not test -e pwn
}

run_claims
