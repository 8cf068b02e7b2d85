#!/bin/sh
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# tests/filter.sh: prints for each call that the worker's filter allows a line of the source that
# makes it, and fails where there is none: what nobody calls is not to be allowed.
#
# Not looked through is what only the guard, a client or the start before the filter runs.

set -u
cd "$(dirname "$0")/.." || exit 2
filter=src/os/syscall_filter.cc
elsewhere='src/(main|options|option_table)\.
src/guard/(file_broker|genuine|guard|handover|held_descriptors|held_sockets|leftovers|orphan|requests|restart_policy|upgrade|upgrading)\.
src/control/(batch_reader|client|monitor|predecessor|printing|session|tables|watcher)\.
src/daemon/(alone|script|file_system)\.
src/os/(background|child|file|output|owned_path|pidfile|privileges|process|sandbox|syscall_filter)\.
src/os/(network_namespace|terminal)\.
src/kernel/(holder|routing_sockets)\.'
sources=$(find src -name '*.cc' -o -name '*.h' | grep -vE "$elsewhere" | sort)

# What makes a call of another name than its own, or has the C library make it.
made_by() {
    case $1 in
        epoll_pwait) echo 'epoll_wait\(' ;;
        signalfd4) echo 'signalfd\(' ;;
        read) echo ' read\((fd|near|[a-z]+_?\.get\(\)),' ;;
        write) echo ' write\(STDERR_FILENO' ;;
        pread64) echo '[^a-z_]pread\(' ;;
        pwrite64) echo '[^a-z_]pwrite\(' ;;
        lseek | _llseek) echo '[^a-z_]lseek\(' ;;
        fstat64) echo '[^a-z_]fstat\(' ;;
        ftruncate64) echo '[^a-z_]ftruncate\(' ;;
        ppoll | ppoll_time64) echo '[^a-z_]poll\(' ;;
        recvmmsg_time64) echo 'recvmmsg\(' ;;
        listen) echo 'listen\(socket' ;;
        connect) echo '[^a-z_]syslog\(' ;;
        recvfrom) echo '[^a-z_]recv\(' ;;
        # On some machines socket() and its like are all one call.
        socketcall) echo '[^a-z_]socket\(' ;;
        # C streams, of musl; and what the system's log is told by.
        writev) echo '[^a-z_](fprintf|fwrite|fputs)\(' ;;
        'socket AF_UNIX'*) echo '[^a-z_](open|sys)log\(' ;;
        'socket AF_NETLINK'*) echo '[^a-z_]socket\(AF_NETLINK' ;;
        'socket AF_INET'*) echo '[^a-z_]socket\(domain, SOCK_DGRAM' ;;
        brk | mmap | mmap2 | munmap | mremap | madvise | mprotect) echo 'make_unique<' ;;
        # Around the one environment, time zone and log that a C library has.
        futex | futex_time64) echo '[^a-z_]syslog\(' ;;
        clock_gettime* | gettimeofday* | time) echo 'steady_clock|Clock::now' ;;
        # What was interrupted goes on.
        restart_syscall | rt_sigreturn | sigreturn) echo '[^a-z_]sigaction\(' ;;
        rt_sigaction) echo '[^a-z_]sigaction\(' ;;
        rt_sigprocmask) echo '[^a-z_]sigprocmask\(' ;;
        exit | exit_group | tkill | tgkill | gettid) echo '[^a-z_]abort\(' ;;
        dup3) echo ' dup3\(' ;;
        'ioctl '* | 'fcntl '* | 'fcntl64 '* | 'setsockopt '*) echo "[^A-Z0-9_]${1##* }[^A-Z0-9_]" ;;
        *) echo "(^|[^a-zA-Z_.>:])$1\\(" ;;
    esac
}

# The calls, each with what it is allowed for.
allowed() {
    sed -nE \
        -e 's/^.*may_set\(([A-Z0-9_]+), ([A-Z0-9_]+)\).*/setsockopt \1 \2/p' \
        -e 's/^.*\{__NR_([a-z0-9_]+)\},?$/\1/p' \
        -e 's/^.*\{__NR_([a-z0-9_]+), \{lacks\(.*/\1/p' \
        -e 's/^.*\{__NR_(t?g?kill|dup3), \{is\(.*/\1/p' \
        -e 's/^.*\{__NR_(ioctl|fcntl|fcntl64), \{is\(1, ([A-Z0-9_]+)\).*/\1 \2/p' \
        -e 's/^.*\{__NR_socket, \{is\(0, ([A-Z0-9_]+)\), is_type\(([A-Z_]+)\).*/socket \1 \2/p' $filter
}

allowed | {
    failed=0
    count=0
    while read -r call; do
        count=$((count + 1))
        # shellcheck disable=SC2086 # file names, none with a space
        if line=$(grep -nE -- "$(made_by "$call")" $sources | grep -vE '^[^:]*:[0-9]+: *//|MRT6_' |
            head -n 1) && [ -n "$line" ]; then
            printf '%-44s %s\n' "$call" "$(printf '%s\n' "$line" | sed 's/:  */: /' | cut -c 1-110)"
        else
            echo "FAIL  filter: nobody calls '$call', which $filter allows"
            failed=1
        fi
    done
    # Every rule was understood.
    rules=$(grep -cE '^ *(append\()?\{__NR_|^ *may_set\(' $filter)
    if [ "$count" != "$rules" ]; then
        echo "FAIL  filter: $count of $rules rules were understood"
        failed=1
    fi
    exit $failed
}
