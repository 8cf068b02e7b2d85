# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# Completion for bash: options, commands, interfaces, and what --show can show.

# The option or command that the current word belongs to, and which of its words it is.
_smcroute_place() {
    local i
    for ((i = COMP_CWORD - 1; i > 0; --i)); do
        case ${COMP_WORDS[i]} in
            -?*)
                command=${COMP_WORDS[i]}
                position=$((COMP_CWORD - i))
                return
                ;;
        esac
    done
    # A command without its dashes begins the line.
    command=${COMP_WORDS[1]:+--${COMP_WORDS[1]}}
    position=$((COMP_CWORD - 1))
}

_smcroute_interfaces() {
    local interface
    for interface in /sys/class/net/*; do
        [ ! -d "$interface" ] || printf '%s\n' "${interface##*/}"
    done
}

_smcroute_tables='routes rates map rules groups interfaces pending status config'
_smcroute_commands='--add --remove --join --leave --reload --diff --wait --show --watch --monitor --why --trace --metrics
    --batch --flush --upgrade --kill'

# Whether the word before is a group; the shell takes one with colons for several words.
_smcroute_after_group() {
    local group=' ((22[4-9]|23[0-9])\.[^ ]*|[fF][fF][0-9a-fA-F: ]*:[0-9a-fA-F: /]*)$'
    [[ ${COMP_WORDS[*]:0:COMP_CWORD} =~ $group ]]
}

# The words that may stand there.
_smcroute_words() {
    # shellcheck disable=SC2086 # words
    [ "$COMP_CWORD" != 1 ] || printf '%s\n' ${_smcroute_commands//--/} $_smcroute_tables
    # shellcheck disable=SC2086 # words
    case $command in
        -a | --add) ! _smcroute_after_group || echo nolearn ;;&
        -a | --add | -r | --remove) _smcroute_interfaces ;;
        -j | --join | -l | --leave) [ "$position" != 1 ] || _smcroute_interfaces ;;
        --show)
            case $position:${COMP_WORDS[COMP_CWORD - 1]} in
                1:*) printf '%s\n' $_smcroute_tables ;;
                *:status) ;;
                *) _smcroute_interfaces ;;
            esac
            ;;
        --why | --trace) [ "$position" != 1 ] || _smcroute_interfaces ;;
        -L | --log-level) [ "$position" != 1 ] || printf '%s\n' none err warning notice info debug ;;
        -p | --user) [ "$position" != 1 ] || compgen -u ;;
        --group) [ "$position" != 1 ] || compgen -g ;;
    esac
}

# Those lines that begin as the word does, quoted: an interface may be called "$(reboot)". Nothing
# here is expanded again, as compgen -W would.
_smcroute_matching() {
    local line
    while read -r line; do
        [[ $line != "$1"* ]] || printf '%q\n' "$line"
    done
}

_smcroute_options='--daemon --foreground --file --no-vifs --exec --log-level --syslog --ident
    --ipv4 --ipv6 --mrdisc --pidfile --socket --user --group --table --cache-timeout --single --json
    --no-heading --dot --seconds --config --check --live --version --help'

_smcroute() {
    local word=${COMP_WORDS[COMP_CWORD]} command='' position=0
    COMPREPLY=()
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$_smcroute_options $_smcroute_commands" -- "$word")
        return
    fi
    _smcroute_place
    case $command:$position in
        -f:1 | --file:1 | -F:1 | --check:1 | -P:1 | --pidfile:1 | -u:1 | --socket:1 | -e:1 | \
            --exec:1 | --batch:1)
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            compopt -o filenames 2>/dev/null
            ;;
        *) mapfile -t COMPREPLY < <(_smcroute_words | _smcroute_matching "$word") ;;
    esac
}

complete -F _smcroute smcroute
