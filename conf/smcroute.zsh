#compdef smcroute
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# Completion for zsh: options, commands, interfaces, and what --show can show.

_smcroute_interfaces() {
    local -a interfaces
    interfaces=(/sys/class/net/*(N-/:t))
    compadd -a interfaces
}

# Options and commands may follow each other in any number; the last one says what a word may be.
_smcroute() {
    local -a options
    options=(
        '--daemon:start the daemon'
        '--foreground:start it in the foreground'
        '--file:configuration file'
        '--no-vifs:only interfaces that a line or command names'
        '--exec:run a program after loads and for learned routes'
        '--log-level:how much to log'
        '--syslog:log to syslog'
        '--ident:name of another instance'
        '--ipv4:route IPv4 alone'
        '--ipv6:route IPv6 alone'
        '--mrdisc:seconds between announcements of a router'
        '--pidfile:pid file'
        '--socket:control socket'
        '--user:run as this user'
        '--group:group that may read'
        '--table:multicast routing table'
        '--cache-timeout:seconds until silent streams are dropped'
        '--single:one process, without a guard'
        '--json:print tables and errors as JSON'
        '--no-heading:tables without a heading'
        '--dot:the map as a graph for Graphviz'
        '--seconds:seconds to watch packets'
        '--config:print streams as configuration lines'
        '--check:check a configuration file'
        '--live:with -F, compare the file with this machine'
        '--version:print the version'
        '--help:print a summary'
        '--add:add a route'
        '--remove:remove a route'
        '--join:join a group'
        '--leave:leave a group'
        '--reload:read the file again'
        '--diff:what a reload would change'
        '--wait:wait until nothing is pending'
        '--show:show what runs'
        '--watch:show how fast streams flow'
        '--monitor:print events as they happen'
        '--why:tell why streams are not forwarded'
        '--trace:list the streams that arrive'
        '--metrics:print OpenMetrics text'
        '--batch:run the commands of a file'
        '--flush:forget learned streams'
        '--upgrade:go on with the program as it is installed now'
        '--kill:stop the daemon'
    )
    if [[ $PREFIX == -* ]]; then
        _describe -o 'option' options
        return
    fi
    local -i at=$((CURRENT - 1))
    while ((at > 1)) && [[ $words[at] != -?* ]]; do
        ((at -= 1))
    done
    local -i position=$((CURRENT - at))
    local command=$words[at]
    if ((at == 1 && position == 1)); then
        compadd add remove join leave reload diff wait show watch monitor why trace metrics batch flush upgrade kill \
            routes rates map rules groups interfaces pending status config
    elif ((at == 1)); then # a command without its dashes begins the line
        command=--$words[2]
        ((position -= 1))
    fi
    case $command:$position in
        (-a:*|--add:*|-r:*|--remove:*)
            [[ $command != (-a|--add) || $words[CURRENT-1] != (22[4-9].*|23[0-9].*|[fF][fF]*:*) ]] || compadd nolearn
            _smcroute_interfaces
            ;;
        (-j:1|--join:1|-l:1|--leave:1|--why:1|--trace:1) _smcroute_interfaces ;;
        (--show:1) compadd routes rates map rules groups interfaces pending status config ;;
        (--show:*) [[ $words[CURRENT-1] == status ]] || _smcroute_interfaces ;;
        (-L:1|--log-level:1) compadd none err warning notice info debug ;;
        (-p:1|--user:1) _users ;;
        (--group:1) _groups ;;
        (-f:1|--file:1|-F:1|--check:1|-P:1|--pidfile:1|-u:1|--socket:1|-e:1|--exec:1|--batch:1)
            _files ;;
    esac
}

_smcroute "$@"
