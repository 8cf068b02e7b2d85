#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) the smcroute authors
#
# Shows smcroute at work, and changes nothing on this machine: a sender, a router and a receiver,
# each in a network namespace of its own, joined by virtual cables. The exit status is 0 only when
# every packet arrived.

set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
COUNT=100

mount_space=$(readlink /proc/self/ns/mnt)
if [ "${SMCROUTE_DEMO:-$mount_space}" = "$mount_space" ]; then
    if [ -z "${SMCROUTE:-}" ]; then
        tests/setup.sh build
        echo "Building smcroute ..."
        make -s -j2 tools
    fi
    export SMCROUTE=${SMCROUTE:-build/smcroute} MCAST=${MCAST:-build/mcast}
    spaces=-nm
    if [ "$(id -u)" != 0 ] || ! unshare $spaces true 2>/dev/null; then
        spaces=-Urnm
    fi
    if ! unshare $spaces true; then
        echo "This system allows no network namespaces here, so there is nothing to show." >&2
        exit 1
    fi
    SMCROUTE_DEMO=$mount_space exec unshare $spaces "$BASH" tests/demo.sh
fi

say() { printf '\n== %s\n' "$*"; }
on() { nsenter --net="/run/netns/$1" "${@:2}"; }

# A private /run: the daemon's socket and pid file, and the names of the namespaces.
mount -t tmpfs tmpfs /run
[ /var/run -ef /run ] || mount --bind /run /var/run
trap '"$SMCROUTE" -k 2>/dev/null || true' EXIT

set_sysctl() { { echo "$2" >"/proc/sys/net/$1"; } 2>/dev/null || true; }
calm() {
    set_sysctl ipv6/conf/default/accept_dad 0
    set_sysctl ipv6/conf/default/disable_ipv6 0
    set_sysctl ipv4/conf/all/rp_filter 0
    set_sysctl ipv4/conf/default/rp_filter 0
    ip link set lo up
}

# cable K HOST: links the router's ethK to eth0 of HOST.
cable() {
    ip netns add "$2"
    on "$2" "$BASH" -c "$(declare -f set_sysctl calm); calm"
    ip link add "eth$1" type veth peer name eth0 netns "$2"
    ip addr add "10.0.$1.1/24" dev "eth$1"
    ip addr add "fd00:$1::1/64" dev "eth$1" nodad
    ip link set "eth$1" up
    on "$2" ip addr add "10.0.$1.2/24" dev eth0
    on "$2" ip addr add "fd00:$1::2/64" dev eth0 nodad
    on "$2" ip link set eth0 up
    for _ in {1..200}; do
        ! on "$2" ip -6 route show table local type multicast dev eth0 | grep -q ff00 || break
        sleep 0.05
    done
}

# stream GROUP: sends COUNT numbered packets to GROUP and says in words what the receiver got.
stream() {
    rm -f /run/ready
    on receiver "$MCAST" recv "$1" -i eth0 -n $COUNT --ready /run/ready >/run/heard &
    local receiver=$!
    until [ -e /run/ready ]; do sleep 0.02; done
    on sender "$MCAST" send "$1" -i eth0 -n $COUNT -r 1000 -t 8
    local status=0
    wait $receiver || status=$?
    local received ttl
    received=$(sed 's/received=\([0-9]*\).*/\1/' /run/heard)
    ttl=$(sed 's/.*ttl=\([0-9]*\).*/\1/' /run/heard)
    echo "The sender sent $COUNT packets to $1 with a time to live (TTL) of 8."
    echo "The receiver got $received of them, with a TTL of $ttl: one router lies between."
    return $status
}

calm
cable 0 sender
cable 1 receiver
say "Three machines: sender -- eth0 [router] eth1 -- receiver"
echo "The sender is 10.0.0.2 and fd00::2, the receiver 10.0.1.2 and fd00:1::2."

say "The router's configuration file, with one IPv4 route"
cat >/run/demo.conf <<END
mroute from eth0 source 10.0.0.2 group 225.1.2.3 to eth1
END
cat /run/demo.conf

say "Starting the daemon: smcroute -d -f /run/demo.conf"
"$SMCROUTE" -d -f /run/demo.conf
echo "It is ready as soon as the command returns."

say "Adding an IPv6 route while it runs: smcroute -a eth0 fd00::2 ff0e::1234 eth1"
"$SMCROUTE" -a eth0 fd00::2 ff0e::1234 eth1
echo "Success prints nothing."

arrived=yes
say "IPv4"
stream 225.1.2.3 || arrived=no
say "IPv6"
stream ff0e::1234 || arrived=no

say "The routes that the kernel has now, and what it counted"
ip -s mroute show
ip -s -6 mroute show

say "The interfaces that take part, and what went through them"
awk 'NR == 1 { print "IPv4  interface  packets in  packets out"; next }
     { printf "      %-9s  %10d  %11d\n", $2, $4, $6 }' /proc/net/ip_mr_vif
awk 'NR == 1 { print "IPv6  interface  packets in  packets out"; next }
     { printf "      %-9s  %10d  %11d\n", $2, $4, $6 }' /proc/net/ip6_mr_vif

say "Stopping the daemon: smcroute -k"
trap - EXIT
"$SMCROUTE" -k
[ -z "$(ip mroute show)$(ip -6 mroute show)" ] && echo "The kernel's table is empty again."

echo
if [ $arrived = yes ]; then
    echo "Every packet arrived."
else
    echo "Packets were lost: see above."
    exit 1
fi
