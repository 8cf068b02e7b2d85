# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# What every network test begins with: `. "$(dirname "$0")/lib.sh"`.
#
# Sourcing this file starts the test again inside a sandbox: network, mount and (where allowed)
# process namespace of its own, with private /run, /etc and /dev, so that any number of tests run
# side by side, as root or as an ordinary user, and leave nothing behind. The test's own network
# namespace is the router. Needed: Debian's base system and iproute2.
#
# A test file builds its network with `network`, defines functions test_CLAIM, and ends with
# `run_claims`. Each claim runs in a subshell with `set -e`: any command that fails is a failed
# assertion. A daemon that a claim started is stopped afterwards; it must end with status 0, leave
# nothing in the kernel and have nothing to say to a sanitizer. Set ONLY=WORD to run the claims that
# contain WORD.
#
# A claim that is about time holds only where the machine keeps the pace. It says so by `paced`, and
# is then judged only if its senders kept it; else it is tried again, three times in all.

mount_space=$(readlink /proc/self/ns/mnt)
if [ "${SMCROUTE_SANDBOX:-$mount_space}" = "$mount_space" ]; then
    here=$(cd "$(dirname "$0")" && pwd)
    root=$(cd "$here/../.." && pwd)
    absolute() {
        case $1 in /*) echo "$1" ;; *) echo "$root/$1" ;; esac
    }
    SMCROUTE=$(absolute "${SMCROUTE:-build/smcroute}")
    MCAST=$(absolute "${MCAST:-build/mcast}")
    MRDISC_PEER=$(absolute "${MRDISC_PEER:-build/mrdisc_peer}")
    PEST=$(absolute "${PEST:-build/pest}")
    SERVICE_MANAGER=$(absolute "${SERVICE_MANAGER:-build/manager}")
    FAULTS_LIBRARY=$(absolute "${FAULTS_LIBRARY:-build/faults.so}")
    HOSTILE=$(absolute "${HOSTILE:-build/hostile}")
    export SMCROUTE MCAST MRDISC_PEER PEST SERVICE_MANAGER FAULTS_LIBRARY HOSTILE ROOT="$root" \
        SMCROUTE_SANDBOX="$mount_space"
    for program in "$SMCROUTE" "$MCAST" "$MRDISC_PEER" "$PEST" "$SERVICE_MANAGER" "$HOSTILE"; do
        [ -x "$program" ] || { echo "$program is missing, run make first" >&2; exit 1; }
    done
    spaces=-nm
    if [ "$(id -u)" != 0 ] || ! unshare $spaces true 2>/dev/null; then
        spaces=-Urnm
    fi
    if ! unshare $spaces true 2>/dev/null; then
        echo "ok $(basename "$0" .sh) # skip no network namespaces here"
        exit 77
    fi
    if unshare $spaces -pf --mount-proc true 2>/dev/null; then
        exec unshare $spaces -pf --mount-proc --kill-child "$BASH" "$here/$(basename "$0")" "$@"
    fi
    exec unshare $spaces "$BASH" "$here/$(basename "$0")" "$@"
fi

# ---- The sandbox ----

build_sandbox() {
    umask 022
    mount -t tmpfs tmpfs /run
    [ /var/run -ef /run ] || mount --bind /run /var/run
    T=/run/test
    mkdir -p $T/real-etc $T/etc $T/dev $T/claim
    mkfifo $T/never

    # A private /etc whose entries are links to the real ones, so that tests may write there.
    mount --rbind /etc $T/real-etc
    ln -s $T/real-etc/* $T/etc/
    rm -rf $T/etc/smcroute.conf $T/etc/default $T/etc/init.d
    mkdir $T/etc/default
    mount --bind $T/etc /etc

    # A private /dev, for /dev/log.
    local node
    for node in null zero full random urandom tty; do
        touch $T/dev/$node
        mount --bind /dev/$node $T/dev/$node
    done
    ln -s /proc/self/fd $T/dev/fd
    mkdir $T/dev/shm
    mount --rbind $T/dev /dev

    SYSLOG=$T/syslog
    : >$SYSLOG
    "$PEST" syslog /dev/log $SYSLOG &
    SYSLOGD=$!
}

# the_log: the file that has all that was logged until now.
the_log() {
    "$PEST" settle /dev/log "$T/settled.$BASHPID"
    echo $SYSLOG
}

build_sandbox
trap sweep EXIT
trap 'exit 1' TERM INT

export TMPDIR=$T LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
export ASAN_OPTIONS="log_path=$T/sanitizer:${ASAN_OPTIONS:-}"
export UBSAN_OPTIONS="log_path=$T/sanitizer:print_stacktrace=1:${UBSAN_OPTIONS:-}"
unset NOTIFY_SOCKET JOURNAL_STREAM WATCHDOG_USEC
# Seconds; a busy machine with sanitizers needs many, and what holds is not waited for.
PATIENCE=60
wrap=()
if [ -n "${WRAP:-}" ]; then
    read -ra wrap <<<"$WRAP"
    [[ $WRAP != *valgrind* ]] || wrap+=("--log-file=$T/valgrind.%p")
fi
# An age in a table or a line: 45s, 12m, 3h12m.
export AGE='[0-9]+[smhd][0-9m]*'
# What most tests send: from the sender's own addresses to these groups.
export S4=10.0.0.2 G4=225.1.2.3 S6=fd00::2 G6=ff0e::1:2:3

FENCE=239.255.255.254
DAEMON=
STREAMS=()
LINKS=0
failed=0

# Ends every process of the sandbox but this shell, its parents and the log's reader.
sweep() {
    local process pid
    swept=()
    for process in /proc/[0-9]*; do
        pid=${process#/proc/}
        # Receivers are in other networks, a daemon that plays process 1 sees other mounts.
        [ "$process/ns/mnt" -ef /proc/self/ns/mnt ] || [ "$process/ns/net" -ef /proc/self/ns/net ] ||
            continue
        case "$pid" in "$$" | "$BASHPID" | "${SYSLOGD:-}") continue ;; esac
        kill -KILL "$pid" 2>/dev/null && swept+=("$pid")
    done
    [ "$BASHPID" != $$ ] || kill "${SYSLOGD:-$$}" 2>/dev/null
}

# ---- Claims ----

# run_claims: runs every test_ function of the file in its order; the last line of each test file.
run_claims() {
    local names name
    mapfile -t names < <(grep -o '^test_[a-zA-Z0-9_]*' "$0")
    for name in "${names[@]}"; do
        case $name in *"${ONLY:-}"*) run_claim "${name#test_}" ;; esac
    done
    exit $failed
}

run_claim() {
    local tries_left
    for tries_left in 2 1 0; do
        try_claim "$1"
        [ $status = 75 ] || return 0
        echo "# $1: $(cat $T/claim/pace.lost), tries left: $tries_left"
    done
    echo "ok $1 # skip this machine did not keep the pace, three times"
}

# Leaves its exit status, 75 when it is not to be judged, in "status". Not for a condition: there the
# shell ignores set -e.
try_claim() {
    rm -rf $T/claim/* $T/sanitizer* $T/valgrind* /etc/smcroute.conf /run/smcroute*
    backlog_drops >$T/claim/drops.before
    : >$SYSLOG
    (
        set -eE
        trap 'fail "this was not so: $BASH_COMMAND"' ERR
        cd $T/claim
        "test_$1"
        end_of_claim
    )
    status=$?
    sweep_after_claim
    case $status in
        0) echo "ok $1" ;;
        77) echo "ok $1 # skip $(cat $T/claim/skip)" ;;
        75) rebuild_links ;;
        *)
            echo "not ok $1"
            cat $T/claim/failure
            failed=1
            rebuild_links
            ;;
    esac
}

# paced MS: from here on this claim holds only if no packet of its senders is later than that after the
# one before.
paced() {
    echo "$1" >$T/claim/pace.limit
}

# prompt MS [PID...]: from here on this claim holds only if the worker, or each of these processes, waits
# no longer than that, in all, for a processor: what it is to be quick about is then late, and no fault
# of its own.
prompt() {
    local pid
    [ $# -gt 1 ] || set -- "$1" "$(worker)"
    for pid in "${@:2}"; do
        echo "$pid $1 $(waited "$pid")"
    done >$T/claim/prompt
}

# waited PID: for how many ms it has been ready to run, and did not; the kernel's second figure, in ns.
waited() {
    awk '{ print int($2 / 1000000) }' "/proc/$1/schedstat" 2>/dev/null || echo 0
}

# backlog_drops: how many packets the kernel has dropped on all links since its start, because the
# processor had no time for them: between two ends of a link, and of nobody else's doing.
SOFTNET=/proc/net/softnet_stat
backlog_drops() {
    local drops sum=0
    while read -r _ drops _; do
        sum=$((sum + 16#$drops))
    done <$SOFTNET
    echo $sum
}

# pace_lost: whether this claim may have failed for want of time alone: the kernel dropped packets, or
# a receiver's socket did, the worker had no processor, or a sender paused for longer than it may. Says
# so in pace.lost. One that pauses right now notes it when it goes on.
pace_lost() {
    local limit longest dropped pid before late overrun
    dropped=$(($(backlog_drops) - $(cat $T/claim/drops.before)))
    if [ $dropped -gt 0 ]; then
        echo "not judged, the kernel had no time for $dropped packets" >$T/claim/pace.lost
        return 0
    fi
    overrun=$(cat $T/claim/*.live $T/claim/*.heard 2>/dev/null | grep -o -m 1 'overrun=.*') || true
    if [ -n "$overrun" ]; then
        echo "not judged, a receiver had no time: $overrun" >$T/claim/pace.lost
        return 0
    fi
    if [ -e $T/claim/prompt ]; then
        while read -r pid limit before; do
            late=$(($(waited "$pid") - before))
            if [ $late -gt "$limit" ]; then
                echo "not judged, the worker waited for a processor for $late ms, over $limit" >$T/claim/pace.lost
                return 0
            fi
        done <$T/claim/prompt
    fi
    [ -e $T/claim/pace.limit ] || return
    pause 0.3
    limit=$(cat $T/claim/pace.limit)
    longest=$(sort -n $T/claim/pace.of.* | tail -n 1)
    [ "${longest:-0}" -gt "$limit" ] || return
    echo "not judged, a packet was sent $longest ms late, over $limit" >$T/claim/pace.lost
}

# Leaves in PACE where a sender is to note its longest pause; nothing where nobody wants to know.
note_pace() {
    PACE=()
    [ ! -e $T/claim/pace.limit ] || PACE=(--pace "$T/claim/pace.of.$BASHPID.$RANDOM")
}

# The next claim must not find what still holds the routing tables.
sweep_after_claim() (
    trap - EXIT
    sweep
    for pid in "${swept[@]}"; do
        poll_until has_ended "$pid"
    done
)

# skip REASON: this claim cannot be tried here.
skip() {
    echo "$*" >$T/claim/skip
    exit 77
}

# fail MESSAGE: ends the claim, and shows what somebody needs to find out why.
fail() {
    trap - ERR
    set +e
    ! pace_lost || exit 75
    {
        echo "  FAILED: $*"
        local i
        for ((i = 1; i < ${#FUNCNAME[@]}; ++i)); do
            [ "${FUNCNAME[i]}" != run_claim ] || break
            echo "    in ${FUNCNAME[i]}, ${BASH_SOURCE[i]##*/}:${BASH_LINENO[i - 1]}"
        done
        show_file "standard error of the last command" $T/claim/err
        show_file "the daemon's log" $SYSLOG
        show_file "the daemon's standard error" $T/claim/daemon.err
        show_file "how processes ended" $T/claim/ended
        show_file "configuration" /etc/smcroute.conf
        for i in "$T"/claim/*.live "$T"/claim/*.heard /proc/net/ip_mr_cache /proc/net/ip_mr_vif /proc/net/ip6_mr_cache \
            /proc/net/ip6_mr_vif "$T"/sanitizer* "$T"/valgrind*; do
            show_file "${i##*/}" "$i"
        done
        ip mroute show
        ip -6 mroute show
        ip -br link | head -n 16
        ip -br addr | head -n 16
    } 2>&1 | sed 's/^/  | /' >>$T/claim/failure
    exit 1
}

show_file() {
    [ ! -s "$2" ] || { echo "--- $1" && tail -n 60 "$2" | tr -cd '\t\n -~'; }
}

# not COMMAND...: succeeds when COMMAND fails ("!" would hide it from set -e).
not() {
    if "$@"; then
        fail "this should not be so: $*"
    fi
}

# pause SECONDS: a sleep that starts no process, which where processes are dear takes longer than it.
pause() { read -rt "$1" _ <>$T/never || true; }

# poll_until COMMAND...: waits for COMMAND to succeed; asks less and less often.
poll_until() {
    local end=$((SECONDS + PATIENCE)) ms=20
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || fail "waited $PATIENCE s in vain for: $*"
        pause 0.0$ms
        ms=$((ms < 80 ? ms + 10 : ms))
    done
}

# same WHAT GOT WANTED
same() {
    [ "$2" = "$3" ] || fail "$1 is '$2', not '$3'"
}

# ---- The network ----

tell_kernel() {
    { echo "$2" >"/proc/sys/net/$1"; } 2>/dev/null || true
}

in_ns() {
    local ns=$1
    shift
    if [ "$ns" = router ]; then "$@"; else nsenter --net="/run/netns/$ns" "$@"; fi
}

calm_kernel() {
    local name
    for name in all default; do
        tell_kernel ipv4/conf/$name/rp_filter 0
        tell_kernel ipv6/conf/$name/disable_ipv6 0
        tell_kernel ipv6/conf/$name/accept_dad 0
        tell_kernel ipv6/conf/$name/dad_transmits 0
        tell_kernel ipv6/conf/$name/accept_ra 0
        tell_kernel ipv6/conf/$name/router_solicitations 0
    done
    tell_kernel ipv4/igmp_max_memberships 20
    ip link set lo up
}

# one_group_each: until many_groups_each a socket holds one group only, so that few take many.
one_group_each() {
    tell_kernel ipv4/igmp_max_memberships 1
    same "groups for each socket" "$(cat /proc/sys/net/ipv4/igmp_max_memberships)" 1
}
many_groups_each() { tell_kernel ipv4/igmp_max_memberships 20; }

# network N: a namespace "sender" behind the router's eth0, and r1..rN behind its eth1..ethN. Each
# host has one interface, eth0. Link K is 10.0.K.0/24 and fd00:K::/64; the router is 1, the host 2.
network() {
    local k
    LINKS=$1
    calm_kernel
    for ((k = 0; k <= $1; ++k)); do
        add_host $k
    done
    await_links
}

await_links() {
    local k
    for ((k = 0; k <= LINKS; ++k)); do
        poll_until multicast_works "$(host_of eth$k)" eth0
        poll_until multicast_works router eth$k
    done
}

# A claim that failed may have left links half made; the next one shall not fail for that.
rebuild_links() {
    local name k
    calm_kernel
    ip -4 mrule del iif eth0 2>/dev/null
    ip -6 mrule del iif eth0 2>/dev/null
    for name in $(ip -br link | awk '{ sub(/@.*/, "", $1); print $1 }'); do
        ip link del "$name" 2>/dev/null
    done
    for ((k = 0; k <= LINKS; ++k)); do
        add_link $k
    done
    await_links
}

host_of() { case $1 in eth0) echo sender ;; *) echo "r${1#eth}" ;; esac; }
link_of() { case $1 in sender) echo eth0 ;; *) echo "eth${1#r}" ;; esac; }

add_host() {
    local host
    host=$(host_of "eth$1")
    ip netns add "$host"
    # The subshell keeps the functions that in_ns could not call.
    nsenter --net="/run/netns/$host" "$BASH" -c "$(declare -f tell_kernel calm_kernel); calm_kernel"
    add_link "$1"
}

# add_link K: the cable between the router's ethK and its host, with addresses, up.
add_link() {
    local host
    host=$(host_of "eth$1")
    ip link add "eth$1" type veth peer name eth0 netns "$host"
    ip -batch - <<END
addr add 10.0.$1.1/24 dev eth$1
addr add fd00:$1::1/64 dev eth$1 nodad
link set eth$1 up
END
    ip -n "$host" -batch - <<END
addr add 10.0.$1.2/24 dev eth0
addr add fd00:$1::2/64 dev eth0 nodad
link set eth0 up
END
}

# The kernel receives IPv6 multicast only a moment after the link is up.
multicast_works() {
    in_ns "$1" ip -6 route show table local type multicast dev "$2" | grep -q 'ff00::/8' &&
        ! in_ns "$1" ip -6 addr show dev "$2" tentative | grep -q inet6
}

# ---- Packets ----

# send GROUP [OPTION...]: the sender sends; see mcast.cc. As fast as possible unless -r says else.
send() {
    note_pace
    in_ns sender "$MCAST" send "$1" -i eth0 -r 0 "${PACE[@]}" "${@:2}"
}

# listen HOST GROUP... [OPTION...]: HOST joins the groups and counts, until "heard" asks.
listen() {
    start_receiver "$1" recv "${@:2}"
}

# watch HOST [OPTION...]: reads every multicast packet on HOST's wire without joining anything.
watch() {
    start_receiver "$1" sniff "${@:2}"
}

start_receiver() {
    local host=$1
    [ ! -e "$host.ready" ] || rm "$host.ready"
    {
        trap - ERR EXIT
        set +eE
        in_ns "$host" "$MCAST" "${@:2}" -i eth0 --for 120 --until $FENCE --ready "$host.ready" \
            --live "$host.live" >"$host.heard" 2>&1
        echo $? >"$host.status"
    } &
    poll_until test -e "$host.ready"
}

# heard HOST [WORD...]: HOST's receiver got exactly the packets it expected (-n), none twice, and its
# summary holds every WORD, such as ttl=15-15.
heard() {
    local word
    poll_until test -s "$1.status"
    local lines status summary
    read -r status <"$1.status"
    mapfile -t lines <"$1.heard"
    summary=${lines[*]}
    for word in "${@:2}"; do
        [[ " $summary " = *[!A-Za-z0-9_]"$word"[!A-Za-z0-9_]* ]] || fail "$1 heard $summary, not $word"
    done
    same "exit status of the receiver on $1 ($summary)" "$status" 0
    : >"$1.status"
}

# end_of_listening HOST: the router sends a last packet, after which nothing can come any more.
end_of_listening() {
    "$MCAST" send $FENCE -i "$(link_of "$1")" -t 1
    poll_until test -s "$1.status"
}

# heard_nothing HOST: not one packet has come to HOST since "watch" or "listen".
heard_nothing() {
    end_of_listening "$1"
    heard "$1" received=0
}

# heard_only HOST WORD...: as "heard", for a receiver that was not told how many to expect.
heard_only() {
    end_of_listening "$1"
    heard "$@"
}

# hears HOST WORD: true when HOST's running receiver has WORD in its summary by now.
hears() {
    grep -qwF -- "$2" "$1.live"
}

# streams_to HOST GROUP COUNT [SEND-OPTION...]: a stream that must arrive whole.
streams_to() {
    listen "$1" "$2" -n "$3"
    send "$2" -n "$3" "${@:4}"
    heard "$1" lost=0
}

# silent_at HOST GROUP [SEND-OPTION...]: a stream of which nothing may arrive.
silent_at() {
    watch "$1"
    send "$2" -n 3 "${@:3}"
    heard_nothing "$1"
}

# received HOST: how many packets HOST's running receiver has by now.
received() { sed 's/^received=\([0-9]*\).*/\1/' "$1.live"; }
received_at_least() { [ "$(received "$1")" -ge "$2" ]; }

# stream HOST GROUP [SEND-OPTION...]: HOST sends on and on, until end_streams.
stream() {
    note_pace
    nsenter --net="/run/netns/$1" "$MCAST" send "$2" -i eth0 -n 10000000 "${PACE[@]}" "${@:3}" &
    STREAMS+=($!)
}

end_streams() {
    kill "${STREAMS[@]}"
    wait "${STREAMS[@]}" 2>/dev/null || true
    STREAMS=()
}

# ---- The daemon and its client ----

# config: standard input becomes /etc/smcroute.conf.
config() {
    cat >/etc/smcroute.conf
}

# start_daemon [OPTION...]: smcroute -d, which returns when the daemon is ready. SINGLE=1: one process
# from beginning to end, for who wants to know what it has in memory at its end.
start_daemon() {
    if [ -n "${SINGLE:-}" ]; then
        start_in_foreground -s "$@"
        return
    fi
    "$PEST" keep ended "${wrap[@]}" "$SMCROUTE" -d "$@" >daemon.out 2>daemon.err </dev/null ||
        fail "the daemon did not start: status $?"
    read -r DAEMON </run/smcroute.pid
}

# start_in_foreground [OPTION...]: smcroute -n in the background of this shell.
start_in_foreground() {
    "$PEST" keep ended "${wrap[@]}" "$SMCROUTE" -n ${SINGLE:+--single} "$@" \
        >daemon.out 2>daemon.err </dev/null &
    poll_until test -s /run/smcroute.pid
    read -r DAEMON </run/smcroute.pid
}

# memory: what the process that routes has of its own, in kB.
memory() { awk '$1 == "RssAnon:" { print $2 }' "/proc/$(worker)/status"; }

# many_routes COUNT: that many lines of routes that nobody uses.
many_routes() {
    awk -v count="$1" 'BEGIN { for (i = 0; i < count; i++)
        printf "mroute from eth0 source 10.%d.%d.%d group 225.9.9.9 to eth1\n",
            100 + i / 62500, i / 250 % 250, i % 250 + 1 }'
}

# Sanitizers and valgrind have a worker confined by less, and with memory of their own.
is_plain() {
    [ ${#wrap[@]} = 0 ] || return
    ! grep -q __asan_init "$SMCROUTE"
}

# can_make_calls_fail: by a library (faults.cc) that the program has to load.
can_make_calls_fail() {
    [ -e "$FAULTS_LIBRARY" ] || skip "no library that makes calls fail"
    grep -qa '/ld-' "$SMCROUTE" || skip "a static program loads no library"
}

# worker: the process that routes, a child of the guard, whose process DAEMON is.
worker() {
    cat /proc/[0-9]*/stat 2>/dev/null |
        awk -v guard="$DAEMON" '$2 == "(smcroute-worker)" && $3 != "Z" && $4 == guard { print $1 }'
}

gone() { [ ! -d "/proc/$1" ]; }
# has_ended PID: as gone, but that its parent may not have collected it yet.
has_ended() {
    local lines=()
    # To its end: what "read" leaves unread of a file that goes, a later "read" of another would find.
    mapfile -t lines 2>/dev/null <"/proc/$1/status" || true
    [[ ${lines[*]} != *State:$'\t'[!Z]* ]]
}

# strike PID...: kills them, and returns when they have ended: what is asked of one that is only about
# to end may still be answered.
strike() {
    local pid
    kill -KILL "$@"
    for pid in "$@"; do
        poll_until has_ended "$pid"
    done
}

# no_diagnostics: the daemon found nothing wrong with its file.
no_diagnostics() {
    same "diagnostics" "$(grep -E 'error:|warning:' daemon.err || true)" ""
}

# run STATUS COMMAND...: runs COMMAND, whose exit status must be STATUS; leaves files out and err.
run() {
    local status=0
    "${@:2}" >out 2>err </dev/null || status=$?
    same "exit status of '${*:2}'" $status "$1"
}

# client WORD...: a command that the daemon accepts. Success prints nothing but warnings.
client() {
    run 0 "$SMCROUTE" "$@"
    if [ -s out ] || [ -s err ]; then
        same "output of smcroute $*" "$(cat out; grep -v '^smcroute: warning: ' err || true)" ""
    fi
}

# refused STATUS WORD...: a command that fails, with one line that begins with "smcroute: ".
refused() {
    run "$1" "$SMCROUTE" "${@:2}"
    same "standard output of smcroute ${*:2}" "$(cat out)" ""
    grep -q '^smcroute: ' err
    same "number of lines on standard error" "$(wc -l <err)" 1
}

# shows_groups WHAT FILTER GROUPS: the groups of the rows that --show has of it, in their order.
shows_groups() {
    run 0 "$SMCROUTE" --no-heading --show "$1" "$2"
    same "groups of $1 $2" "$(awk '{ print $2 }' out | xargs)" "$3"
}

# documented WHAT: what pest prints for an object that has exactly the keys and types of the manual.
documented() {
    awk -f "$ROOT/tests/man/keys.awk" "$ROOT/man/smcroute.8" | awk -v what="$1" '$1 == what {
        type = /list of strings\)$/ ? "list" : /integer\)$/ ? "(integer|null)" : \
            /number\)$/ ? "(number|null)" : "(string|null)"
        printf "%s%s=%s", (count++ ? " " : ""), $2, type
    }'
}

daemon_gone() {
    [ ! -d "/proc/$DAEMON" ] || return
    local lines IFS=$'\n'
    mapfile -t lines <ended
    [[ $'\n'${lines[*]} = *$'\n'"$DAEMON "* ]]
}

ended_well() {
    poll_until daemon_gone
    grep -qx "$DAEMON exit 0" ended || fail "the daemon ended badly: $(grep "^$DAEMON " ended)"
}

stop_daemon() {
    kill -TERM "$DAEMON"
    ended_well
    DAEMON=
}

end_of_claim() {
    [ -z "$DAEMON" ] || [ ! -d "/proc/$DAEMON" ] || kill -TERM "$DAEMON"
    [ -z "$DAEMON" ] || ended_well
    nothing_left
    local report
    for report in "$T"/sanitizer*; do
        [ ! -s "$report" ] || fail "a sanitizer reported"
    done
}

# After a clean end the kernel and /run are as before.
nothing_left() {
    [ -z "$(ip -4 mroute show && ip -6 mroute show)" ] || same "kernel routes after the end" "$(mroutes)" ""
    local vifs4 vifs6
    mapfile -t vifs4 </proc/net/ip_mr_vif
    mapfile -t vifs6 </proc/net/ip6_mr_vif
    # Each has a heading.
    [ "${#vifs4[@]} ${#vifs6[@]}" = "1 1" ] || same "virtual interfaces after the end" "$(vifs 4)$(vifs 6)" ""
    not test -e /run/smcroute.pid
    not test -e /run/smcroute
}

# ---- What the kernel has ----

# mroutes: one line for each entry of both families: "SOURCE GROUP IIF -> OIF OIF..."; nothing after
# the arrow for a blocking entry; "SOURCE GROUP unresolved" while the kernel waits for the daemon.
mroutes() {
    { ip -4 mroute show && ip -6 mroute show; } | awk '{
        split(substr($1, 2, length($1) - 2), flow, ",")
        line = flow[1] " " flow[2]
        if (/State: unresolved/ || /Iif: unresolved/) { print line " unresolved"; next }
        line = line " " $3 " ->"
        gsub(/\(ttl [0-9]+\)/, "")
        for (i = 5; $4 == "Oifs:" && i <= NF && $i !~ /:$/; ++i)
            line = line " " $i
        print line
    }'
}

# kernel_has LINE, kernel_lacks PART
kernel_has() { [[ $'\n'$(mroutes)$'\n' = *$'\n'"$1"$'\n'* ]]; }
kernel_lacks() { [[ $(mroutes) != *"$1"* ]]; }

# packets_of SOURCE GROUP: how many packets the kernel counted for the entry.
packets_of() {
    local family=-4
    case $2 in *:*) family=-6 ;; esac
    ip -s $family mroute show | grep -A1 -F "($1,$2)" | awk '$2 == "packets," { print $1 }'
}

# follow: notes from now on what changes in the kernel, and when, in the file "changes".
follow() {
    stdbuf -oL ip -ts monitor link mroute netconf >changes 2>&1 &
    MONITOR=$!
    poll_until follows
}
follows() {
    ip link set lo mtu 65535
    ip link set lo mtu 65536
    grep -q ' lo' changes
}

end_following() {
    kill $MONITOR
    wait $MONITOR 2>/dev/null || true
}

# milliseconds_until SINCE PATTERN: from SINCE, an $EPOCHREALTIME, to the first change that matches.
milliseconds_until() {
    local stamp
    poll_until grep -qE -- "$2" changes
    stamp=$(grep -m 1 -E -- "$2" changes | sed 's/^\[\([^]]*\)\].*/\1/')
    stamp=$(date -d "$stamp" +%s%6N)
    echo $(((stamp - ${1/./}) / 1000))
}

# milliseconds_since SINCE
milliseconds_since() {
    echo $(((${EPOCHREALTIME/./} - ${1/./}) / 1000))
}

# vifs 4|6: the names of the interfaces that have a slot, in the order of their slots.
vifs() {
    local file=/proc/net/ip_mr_vif
    [ "$1" = 4 ] || file=/proc/net/ip6_mr_vif
    awk 'NR > 1 { print $2 }' $file
}

has_vif4() { vifs 4 | grep -qxF "$1"; }
has_vif6() { vifs 6 | grep -qxF "$1"; }
has_vif() { has_vif4 "$1" && has_vif6 "$1"; }
lacks_vif() { ! has_vif4 "$1" && ! has_vif6 "$1"; }

# joined IF GROUP, as /proc/net/igmp and /proc/net/igmp6 say.
joined() { ip maddr show dev "$1" | awk -v group="$2" '$2 == group { found = 1 } END { exit !found }'; }
unjoined() { ! joined "$@"; }

# show_sources: from now on /proc/net/mcfilter and mcfilter6 show everything. They begin with the
# first interface whose newest group has a source, and leave out all before it; so give lo one.
show_sources() { client -j lo 127.0.0.9 232.99.99.99 -j lo ::9 ff3e::9999; }
