#!/bin/bash
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The smcroute developers
#
# The Debian package in a fresh Debian of its own, by its init script, under a systemd that really
# runs, by OpenRC, and beneath runit and s6. tests/deb.sh makes what this needs, and runs it:
# DEBIAN_ROOT is that Debian, OLD_DEB and NEW_DEB are two versions of the package.

. "$(dirname "$0")/lib.sh"
RATE=1000
. "$(dirname "$0")/undisturbed.sh"
network 2

[ -d "${DEBIAN_ROOT:-/nowhere}" ] || { echo "run tests/deb.sh" >&2; exit 1; }
R=$T/root
in_root() { chroot "$R" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }

# fresh_root: a copy of the Debian as it was made. It has the network, processes and /run of the
# test.
fresh_root() {
    ! mountpoint -q "$R" || umount -l "$R"
    rm -rf /run/systemd /run/openrc
    mkdir -p "$R"
    mount -t tmpfs tmpfs "$R"
    cp -a "$DEBIAN_ROOT/." "$R"
    mount --rbind /dev "$R/dev"
    mount -t proc proc "$R/proc"
    mount --bind /run "$R/run"
    cp "$OLD_DEB" "$R/old.deb"
    cp "$NEW_DEB" "$R/new.deb"
    SMCROUTE=$R/usr/sbin/smcroute
}

# everything: every file there is, but for what dpkg's triggers write for others, and the accounts.
everything() {
    (cd "$R" && find . -xdev \( -path ./var/lib/dpkg -o -path ./var/log -o -path ./etc/runit -o \
        -path ./etc/sv -o -path './etc/*-' \) -prune -o -print) | sort
    cat "$R/etc/passwd" "$R/etc/group"
}

# purged: by COMMAND, and nothing is left but what "before" has.
purged() {
    "$@" dpkg --purge smcroute >out 2>err </dev/null
    everything | diff before - >left || fail "left behind: $(cat left)"
    nothing_left
    DAEMON=
}

take_config() { cp /etc/smcroute.conf "$R/etc/smcroute.conf"; }

status_has() { "$SMCROUTE" --show status | grep -qx "$1"; }

# ---- The init script ----

by_init() { run 0 in_root /etc/init.d/smcroute "$1"; }

start_by_init() {
    take_config
    by_init start
    DAEMON=$(cat /run/smcroute.pid)
}

upgrade_by_init() { in_root dpkg -i /new.deb >out 2>err </dev/null; }

killed_and_started() {
    strike "$DAEMON"
    poll_until grep -q 'the guard process is gone' "$(the_log)"
    : >$SYSLOG
    by_init start
    DAEMON=$(cat /run/smcroute.pid)
}

test_installed_edited_started_reloaded_upgraded_beneath_streams_killed_restarted_and_purged() {
    fresh_root
    # Without an init nothing is started or stopped with a package.
    touch "$R/sbin/init"
    everything >before
    run 0 in_root dpkg -i /old.deb
    by_init stop
    by_file start_by_init
    kernel_has "$S4 $G4 eth0 -> eth1"
    echo "mroute from eth0 source $S4 group 225.8.8.8 to eth2" >>"$R/etc/smcroute.conf"
    by_init reload
    kernel_has "$S4 225.8.8.8 eth0 -> eth2"
    local first=$DAEMON
    undisturbed 2 upgrade_by_init
    same "process" "$(cat /run/smcroute.pid)" "$first"
    status_has 'last upgrade: *done'
    same "version" "$(in_root dpkg -s smcroute | sed -n 's/^Version: //p')" "$(dpkg-deb -f "$NEW_DEB" Version)"
    grep -q '^mroute.*225.8.8.8' "$R/etc/smcroute.conf"
    undisturbed 2 killed_and_started
    by_init restart
    by_init status
    purged in_root
}

# ---- systemd ----

# boot: systemd as process 1 of namespaces of its own, but for the network.
boot() {
    cat >start_systemd <<END
umount -l $R/dev $R/proc $R/run
mount -t proc proc $R/proc
mount -t sysfs sysfs $R/sys
mount -t cgroup2 cgroup2 $R/sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs $R/dev
mount -t tmpfs -o mode=755 tmpfs $R/run
# Nodes of its own, since systemd changes the modes of some.
while read -r name major minor; do
    mknod -m 666 $R/dev/\$name c \$major \$minor
done <<NODES
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
NODES
ln -s /proc/self/fd $R/dev/fd
mkdir $R/dev/shm $R/dev/pts
mount -t devpts -o newinstance,ptmxmode=666 devpts $R/dev/pts
ln -s pts/ptmx $R/dev/ptmx
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot $R /lib/systemd/systemd
END
    rm -rf "$R/etc/systemd/system/getty.target.wants"
    unshare -mpfC --kill-child sh ./start_systemd >boot.log 2>&1 &
    local pid=$!
    poll_until pgrep -P $pid
    INIT=$(pgrep -P $pid)
    poll_until in_booted systemctl is-active multi-user.target
    # Clients find the daemon there.
    ln -sf "/proc/$INIT/root/run/smcroute" "/proc/$INIT/root/run/lab" /run/
}
in_booted() { nsenter -t "$INIT" -m -p -C -r env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
shut_down() {
    kill -KILL "$INIT"
    poll_until has_ended "$INIT"
    rm -f /run/smcroute /run/lab
}

start_by_systemd() {
    take_config
    run 0 in_booted systemctl start smcroute
    DAEMON=
}
upgrade_by_systemd() { in_booted dpkg -i /new.deb >out 2>err </dev/null; }
restarts() { in_booted systemctl show -P NRestarts smcroute; }
restarted() { [ "$(restarts)" -gt "$1" ] && in_booted systemctl is-active smcroute; }
killed_under_systemd() {
    local before
    before=$(restarts)
    in_booted systemctl kill -s KILL --kill-who=main smcroute
    poll_until restarted "$before"
}
# judged UNIT: systemd has nothing to say about it (that of 2020 has, about itself), and tells how
# exposed it is.
judged() {
    in_booted systemd-analyze verify --man=no "/lib/systemd/system/$1" >verified 2>&1 || true
    same "what systemd says of $1" "$(grep -F "$1" verified || true)" ""
    echo "# systemd $(in_booted systemctl --version | sed -n '1s/^systemd //p'): nothing wrong with $1;" \
        "$(in_booted systemd-analyze security "$1" | tail -n 1 | grep -o '[Oo]verall.*[A-Z]')"
}
hook_told() { grep -q "^user $1$" "/proc/$INIT/root/run/hook.told"; }
metrics_are_there() { [ "$(tail -n 1 "$R/var/lib/prometheus/node-exporter/smcroute.prom")" = "# EOF" ]; }

test_under_systemd_reloaded_upgraded_restarted_and_killed_beneath_streams_and_purged() {
    fresh_root
    boot
    everything >before
    run 0 in_booted dpkg -i /old.deb
    run 0 in_booted systemctl is-active smcroute
    judged smcroute.service
    run 0 in_booted systemctl stop smcroute
    by_file start_by_systemd
    echo "mroute from eth0 source $S4 group 225.8.8.8 to eth2" >>"$R/etc/smcroute.conf"
    run 0 in_booted systemctl reload smcroute
    kernel_has "$S4 225.8.8.8 eth0 -> eth2"
    echo "mroute nonsense" >>"$R/etc/smcroute.conf"
    run 1 in_booted systemctl reload smcroute
    kernel_has "$S4 225.8.8.8 eth0 -> eth2"
    sed -i '$d' "$R/etc/smcroute.conf"
    undisturbed 2 upgrade_by_systemd
    status_has 'last upgrade: *done'
    undisturbed 3 in_booted systemctl restart smcroute
    undisturbed 3 killed_under_systemd
    same "user of the worker" "$(in_booted ps -o user= -C smcroute-worker)" smcroute
    purged in_booted
    shut_down
}

# One script, one include below a directory that the unit does not hide, another instance, metrics.
test_under_systemd_scripts_includes_instances_and_the_timer_work() {
    fresh_root
    boot
    run 0 in_booted dpkg -i /old.deb
    cat >"$R/usr/local/bin/hook" <<-'END'
		#!/bin/sh
		echo "user $(id -un)" >/run/hook.told
	END
    chmod 755 "$R/usr/local/bin/hook"
    echo 'SMCROUTE_OPTS="-e /usr/local/bin/hook"' >"$R/etc/default/smcroute"
    mkdir "$R/etc/smcroute.d"
    echo "include smcroute.d/*.conf" >"$R/etc/smcroute.conf"
    (umask 077 && echo "mroute from eth0 source $S4 group $G4 to eth1" >"$R/etc/smcroute.d/a.conf")
    run 0 in_booted systemctl restart smcroute
    kernel_has "$S4 $G4 eth0 -> eth1"
    poll_until hook_told root
    echo 'SMCROUTE_OPTS="-t 100 -N"' >"$R/etc/default/smcroute-lab"
    echo "mroute from eth0 source $S4 group 225.8.8.8 to eth2" >"$R/etc/lab.conf"
    run 0 in_booted systemctl start smcroute@lab
    run 0 in_booted systemctl reload smcroute@lab
    run 0 "$SMCROUTE" -i lab --show status
    mkdir -p "$R/var/lib/prometheus/node-exporter"
    run 0 in_booted systemctl enable --now smcroute-metrics.timer
    poll_until metrics_are_there
    # Both go on with the new program.
    run 0 in_booted dpkg -i /new.deb
    status_has 'last upgrade: *done'
    "$SMCROUTE" -i lab --show status | grep -qx 'last upgrade: *done'
    run 0 in_booted systemctl stop smcroute@lab smcroute
    run 3 in_booted systemctl is-active smcroute-metrics.timer
    same "failed units" "$(in_booted systemctl --failed --no-legend | grep smcroute || true)" ""
    shut_down
}

# ---- Others ----

test_openrc_starts_checks_reloads_upgrades_and_stops_it() {
    fresh_root
    run 0 in_root dpkg -i /old.deb
    by_init stop
    rm "$R"/etc/init.d/*
    sed 's|@sbindir@|/usr/sbin|; s|@sysconfdir@|/etc|' "$ROOT/conf/smcroute.openrc.in" >"$R/etc/init.d/smcroute"
    printf '#!/sbin/openrc-run\ndepend() { provide net logger; }\n' >"$R/etc/init.d/base"
    chmod 755 "$R"/etc/init.d/*
    mkdir -p /run/openrc/{daemons,exclusive,failed,inactive,options,scheduled,started,starting,stopping,tmp} "$R/etc/conf.d"
    touch /run/openrc/softlevel
    echo 'SMCROUTE_OPTS="-N"' >"$R/etc/conf.d/smcroute"
    echo "mroute from eth0 source $S4 group $G4 to eth1" >"$R/etc/smcroute.conf"
    run 0 in_root rc-service smcroute start
    kernel_has "$S4 $G4 eth0 -> eth1"
    lacks_vif eth2
    run 0 in_root rc-service smcroute status
    echo "mroute from eth0 source $S4 group 225.8.8.8 to eth1" >>"$R/etc/smcroute.conf"
    run 0 in_root rc-service smcroute reload
    kernel_has "$S4 225.8.8.8 eth0 -> eth1"
    run 0 in_root rc-service smcroute upgrade
    local first
    first=$(cat /run/smcroute.pid)
    echo "mroute nonsense" >>"$R/etc/smcroute.conf"
    run 1 in_root rc-service smcroute restart
    same "process" "$(cat /run/smcroute.pid)" "$first"
    sed -i '$d' "$R/etc/smcroute.conf"
    run 0 in_root rc-service smcroute restart
    [ "$(cat /run/smcroute.pid)" != "$first" ]
    run 0 in_root rc-service smcroute stop
}

# supervised SUPERVISOR: with the run file of the manual it starts, comes back when it was killed,
# and ends with its supervisor's TERM to it.
supervised() {
    fresh_root
    run 0 in_root dpkg -i /old.deb
    by_init stop
    mkdir -p "$R/service"
    printf '#!/bin/sh\n%s\n' "$(grep -m 1 '^exec smcroute -n' "$ROOT/man/smcroute.8")" >"$R/service/run"
    chmod 755 "$R/service/run"
    echo "mroute from eth0 source $S4 group $G4 to eth1" >"$R/etc/smcroute.conf"
    chroot "$R" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$1" /service >supervisor.log 2>&1 &
    local pid=$!
    poll_until test -s /run/smcroute.pid
    kernel_has "$S4 $G4 eth0 -> eth1"
    first=$(cat /run/smcroute.pid)
    strike "$first"
    poll_until another_one
    kernel_has "$S4 $G4 eth0 -> eth1"
    kill -TERM "$pid"
    poll_until gone "$pid"
    poll_until ended
}
ended() { [ ! -e /run/smcroute.pid ]; }
another_one() { [ "$(cat /run/smcroute.pid)" != "$first" ] && status_has 'guard: *runs'; }

test_runit_keeps_it_running() { supervised runsv; }
test_s6_keeps_it_running() { supervised s6-supervise; }

run_claims
