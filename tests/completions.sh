#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# tests/completions.sh PROGRAM: the completions in conf/ know every long option of PROGRAM and all
# that --show shows; bash's are tried, those of zsh and fish too where these shells are.

top=$(cd "$(dirname "$0")/.." && pwd) || exit 1
program=$1
failed=0

# check NAME OFFENCES: good if there are no offences.
check() {
    if [ -z "$2" ]; then
        echo "ok    completions: $1"
    else
        echo "FAIL  completions: $1"
        # shellcheck disable=SC2001 # every line
        echo "$2" | sed 's/^/      /'
        failed=1
    fi
}

# same NAME GOT WANTED
same() {
    local offence=
    [ "$2" = "$3" ] || offence="is '$2', not '$3'"
    check "$1" "$offence"
}

long_options() { "$program" -h | grep -oE '^ +(-[A-Za-z0-9], )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+'; }
tables() { sed -n 's/^    Schema{"\([a-z]*\)".*/\1/p' "$top/src/view/schema.cc"; }

check_words() {
    local file word missing
    for file in bash zsh fish; do
        missing=$(
            { long_options && tables; } | while read -r word; do
                # Fish has long options without their dashes.
                [ $file = fish ] && word=${word/#--/-l }
                grep -qE -- "(^|[ '])$word([ ':]|\$)" "$top/conf/smcroute.$file" || echo "$word is missing"
            done
        )
        [ "$(long_options | wc -l)" -gt 20 ] && [ "$(tables | wc -l)" -gt 5 ] || missing="no words to look for"
        check "smcroute.$file has every option and table" "$missing"
    done
}

interfaces() {
    local interface
    for interface in /sys/class/net/*/; do
        basename "$interface"
    done | sort | xargs
}

# completed WORD...: what bash makes of the last word.
completed() {
    # shellcheck disable=SC2034 # for the function
    COMP_WORDS=(smcroute "$@") COMP_CWORD=$#
    _smcroute
    printf '%s\n' "${COMPREPLY[@]}" | sort | xargs
}

check_bash() {
    # shellcheck source=conf/smcroute.bash
    . "$top/conf/smcroute.bash"
    same "bash: is registered" "$(complete -p smcroute)" "complete -F _smcroute smcroute"
    same "bash: an option" "$(completed --no-)" "--no-heading --no-vifs"
    same "bash: all options" "$(completed -)" "$(long_options | sort | xargs)"
    same "bash: a table" "$(completed --json --show r)" "rates routes rules"
    same "bash: all tables" "$(completed --show '')" "$(tables | sort | xargs)"
    same "bash: an interface of a table" "$(completed --show routes '')" "$(interfaces)"
    same "bash: an interface of rates" "$(completed --show rates '')" "$(interfaces)"
    same "bash: an interface of another table" "$(completed --show rules '')" "$(interfaces)"
    same "bash: status has none" "$(completed --show status '')" ""
    same "bash: an inbound interface" "$(completed -a l)" "$(completed --add l)"
    same "bash: all interfaces" "$(completed -a '')" "$(interfaces)"
    same "bash: an outbound interface" "$(completed -a eth0 225.1.2.3 eth1 '')" "$(interfaces)"
    same "bash: behind a group" "$(completed -a eth0 225.1.2.3 n)" "nolearn"
    same "bash: behind a range" "$(completed add eth0 10.0.0.0/8 239.0.0.0/8 n)" "nolearn"
    same "bash: behind a group of IPv6" "$(completed -a eth0 ff05 :: 1 :: / 64 n)" "nolearn"
    same "bash: behind a source" "$(completed -a eth0 10.0.0.1 n; completed -a eth0 fd00 :: 1 n)" ""
    same "bash: behind an outbound" "$(completed -a eth0 225.1.2.3 eth1 n)" ""
    same "bash: behind a group that is removed" "$(completed -r eth0 225.1.2.3 n)" ""
    same "bash: a join has one interface" "$(completed -j lo '')" ""
    same "bash: a log level" "$(completed -n -L n)" "none notice"
    same "bash: a file" "$(cd "$top/conf" && completed -F smcroute.se)" "smcroute.service.in"
    same "bash: nothing after an option that takes nothing" "$(completed -n '')" ""
    same "bash: a command without dashes" "$(completed re)" "reload remove"
    same "bash: a table without show" "$(completed r)" "rates reload remove routes rules"
    same "bash: what stands at the start" "$(completed '')" \
        "$({ "$program" -h | sed '1,/^Commands/d' | grep -oE -- '--[a-z]+' | cut -c 3-; tables; } | sort | xargs)"
    same "bash: a table of show without dashes" "$(completed show ra)" "rates"
    same "bash: an interface of add without dashes" "$(completed add '')" "$(interfaces)"
}

check_syntax() {
    if ! command -v "$1" >/dev/null 2>&1; then
        echo "skip  completions: smcroute.$1 is read by $1: it is not here"
        return
    fi
    check "smcroute.$1 is read by $1" "$("$1" -n "$top/conf/smcroute.$1" 2>&1)"
}

# What fish makes of a line.
check_fish() {
    command -v fish >/dev/null 2>&1 || return
    local said home
    home=$(mktemp -d)   # fish writes there
    fished() {
        HOME=$home fish --no-config -c "source '$top/conf/smcroute.fish'; complete -C '$1'" 2>&1 |
            cut -f 1 | sort | xargs
    }
    same "fish: a table" "$(fished 'smcroute --json --show ru')" "rules"
    same "fish: an interface" "$(fished 'smcroute -a eth0 225.1.2.3 eth1 ')" "$(interfaces)"
    same "fish: behind a group" "$(fished 'smcroute -a eth0 225.1.2.3 n')" "nolearn"
    same "fish: behind a group of IPv6" "$(fished 'smcroute add eth0 fd00::1 ff05::1 n')" "nolearn"
    same "fish: behind a source" "$(fished 'smcroute -a eth0 10.0.0.1 n')" ""
    same "fish: behind a group that is removed" "$(fished 'smcroute -r eth0 225.1.2.3 n')" ""
    same "fish: an interface of a table" "$(fished 'smcroute --show routes ')" "$(interfaces)"
    same "fish: an interface of rates" "$(fished 'smcroute --show rates ')" "$(interfaces)"
    same "fish: a join has one interface" "$(fished 'smcroute -j lo ')" ""
    same "fish: a log level" "$(fished 'smcroute -n -L n')" "none notice"
    same "fish: a command without dashes" "$(fished 'smcroute rem')" "remove"
    same "fish: a table of show without dashes" "$(fished 'smcroute show ra')" "rates"
    said=$(fished 'smcroute --no-')
    same "fish: an option" "$said" "--no-heading --no-vifs"
    rm -rf "$home"
}

check_words
check_bash
check_syntax zsh
check_syntax fish
check_fish
exit $failed
