# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# Completion for fish: options, commands, interfaces, and what --show can show.

function __smcroute_interfaces
    for interface in /sys/class/net/*/
        path basename -- $interface
    end
end

# The last option or command of the line, then the words that follow it.
function __smcroute_command
    set -l command
    for word in (commandline -opc)[2..-1]
        if string match -q -- '-?*' $word
            set command $word
        else if set -q command[1]
            set -a command $word
        else
            set command --$word
        end
    end
    string join \n -- $command
end

# __smcroute_after COUNT WORD...: the last command is one of WORD, with at most COUNT words so far.
function __smcroute_after
    set -l command (__smcroute_command)
    set -q command[1]; and contains -- $command[1] $argv[2..-1]; and test (count $command) -le (math $argv[1] + 1)
end

function __smcroute_after_group
    set -l command (__smcroute_command)
    contains -- "$command[1]" -a --add; and string match -qri '^(22[4-9]|23[0-9])\.|^ff[0-9a-f]*:' -- $command[-1]
end

function __smcroute_after_table
    set -l command (__smcroute_command)
    # (test would take -r for one of its own.)
    string match -q -- --show "$command[1]"; and set -q command[2]; and not string match -q status -- "$command[2]"
end

complete -c smcroute -f
complete -c smcroute -s d -l daemon -d 'Start the daemon'
complete -c smcroute -s n -l foreground -d 'Start it in the foreground'
complete -c smcroute -s f -l file -rF -d 'Configuration file'
complete -c smcroute -s N -l no-vifs -d 'Only interfaces that a line or command names'
complete -c smcroute -s e -l exec -rF -d 'Run a program after loads and for learned routes'
complete -c smcroute -s L -l log-level -xa 'none err warning notice info debug' -d 'How much to log'
complete -c smcroute -s s -l syslog -d 'Log to syslog'
complete -c smcroute -s i -l ident -x -d 'Name of another instance'
complete -c smcroute -s 4 -l ipv4 -d 'Route IPv4 alone'
complete -c smcroute -s 6 -l ipv6 -d 'Route IPv6 alone'
complete -c smcroute -s m -l mrdisc -x -d 'Seconds between announcements of a router'
complete -c smcroute -s P -l pidfile -rF -d 'Pid file'
complete -c smcroute -s u -l socket -rF -d 'Control socket'
complete -c smcroute -s p -l user -xa '(__fish_complete_users)' -d 'Go on as that user'
complete -c smcroute -l group -xa '(__fish_complete_groups)' -d 'Group that may read'
complete -c smcroute -s t -l table -x -d 'Multicast routing table'
complete -c smcroute -s c -l cache-timeout -x -d 'Seconds until silent streams are dropped'
complete -c smcroute -l single -d 'One process, without a guard'
complete -c smcroute -l json -d 'Show and complain in JSON'
complete -c smcroute -l no-heading -d 'Tables without a heading'
complete -c smcroute -l dot -d 'The map as a graph for Graphviz'
complete -c smcroute -l seconds -x -d 'Seconds to watch packets'
complete -c smcroute -l config -d 'Print streams as configuration lines'
complete -c smcroute -s F -l check -rF -d 'Check a configuration file'
complete -c smcroute -l live -d 'With -F: compare the file with this machine'
complete -c smcroute -s v -l version -d 'Print the version'
complete -c smcroute -s h -l help -d 'Print a summary'
complete -c smcroute -s a -l add -d 'Add a route'
complete -c smcroute -s r -l remove -d 'Remove a route'
complete -c smcroute -s j -l join -d 'Join a group'
complete -c smcroute -s l -l leave -d 'Leave a group'
complete -c smcroute -l reload -d 'Read the file again'
complete -c smcroute -l diff -d 'What a reload would change'
complete -c smcroute -l wait -d 'Wait until nothing is pending'
complete -c smcroute -l show -d 'Show what runs'
complete -c smcroute -l watch -d 'Show how fast streams flow'
complete -c smcroute -l monitor -d 'Print events as they happen'
complete -c smcroute -l why -d 'Tell why streams are not forwarded'
complete -c smcroute -l trace -d 'List the streams that arrive'
complete -c smcroute -l metrics -d 'Print OpenMetrics text'
complete -c smcroute -l batch -d 'Run the commands of a file'
complete -c smcroute -l flush -d 'Forget learned streams'
complete -c smcroute -l upgrade -d 'Go on with the program as it is installed now'
complete -c smcroute -s k -l kill -d 'Stop the daemon'

complete -c smcroute -n 'test (count (commandline -opc)) -eq 1' \
    -a 'add remove join leave reload diff wait show watch monitor why trace metrics batch flush upgrade kill' \
    -d 'Command'
complete -c smcroute -n 'test (count (commandline -opc)) -eq 1' \
    -a 'routes rates map rules groups interfaces pending status config' -d 'Show it'
complete -c smcroute -n '__smcroute_after 99 -a --add -r --remove' -a '(__smcroute_interfaces)'
complete -c smcroute -n __smcroute_after_group -a nolearn -d 'The kernel routes the group by itself'
complete -c smcroute -n '__smcroute_after 0 -j --join -l --leave --why --trace' -a '(__smcroute_interfaces)'
complete -c smcroute -n '__smcroute_after 0 --show' \
    -a 'routes rates map rules groups interfaces pending status config'
complete -c smcroute -n __smcroute_after_table -a '(__smcroute_interfaces)'
complete -c smcroute -n '__smcroute_after 0 --batch' -F
