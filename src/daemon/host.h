// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Host: the services that need privileges, as a seam: open sockets, files, processes, reports to
// the outside. Alone (--single) is both in one process; with a guard the daemon is a worker without
// privileges, and its Host is a GuardedHost that asks the guard.
//
// Before ready() a call may wait for its result; afterwards no call waits for anybody except the
// guard, which does not wait either.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "base/text.h"
#include "config/loader.h"
#include "control/access.h"
#include "control/reply.h"
#include "daemon/saved_state.h"
#include "daemon/script.h"
#include "kernel/membership.h"
#include "kernel/routing_sockets.h"
#include "mrdisc/mrdisc_socket.h"
#include "os/event_loop.h"
#include "os/notify.h"
#include "os/unix_socket.h"

namespace smcroute {

// The error of anything that needs the guard, once it is gone; see HostEvents::left_alone().
inline Error guard_gone(const std::string& how) {
    return {compose("the guard process is {}", how), ExitStatus::kUnavailable};
}

// Orders from the host to the daemon, as events of the daemon's loop.
class HostEvents {
public:
    virtual ~HostEvents() = default;

    virtual void reload() = 0;
    // `why` is for the log.
    virtual void stop(std::string_view why) = 0;
    // The script started last has ended; the status is as from waitpid().
    virtual void script_ended(int wait_status) = 0;
    // The guard is gone, and with it files, scripts and the pid file; `how` is "gone (pid 12):" and
    // what to do. `self` is the process id to show from now on.
    virtual void left_alone(const std::string& how, pid_t self) = 0;
};

// What a host knows from the start on.
struct HostFacts {
    pid_t pid = 0;              // of the process that the pid file names
    ControlAccess access = {};  // who may command it
    // Whether another process would keep the routes if this one died: "runs" or "none".
    std::string guard = "none";
    // How many workers ended before this one, since the guard started; empty without a guard.
    std::string worker_restarts = {};
    std::string last_upgrade = {};  // how it ended: "", "done" or "went back"
    // Files that outlive the process; none if there will be no successor.
    SavedStateFiles saved_state = {};
    bool has_manager = false;  // a service manager listens, see os/notify.h
    std::optional<std::chrono::microseconds> watchdog_interval = std::nullopt;
};

class Host : public ScriptRunner {
public:
    virtual const HostFacts& facts() const = 0;

    // Events arrive from now on. Borrows both, as long as the loop runs.
    virtual Status attach(EventLoop& loop, HostEvents& events) = 0;

    // Each may be called once.
    virtual Result<RoutingSockets> routing_sockets() = 0;
    virtual Result<Listener> listener() = 0;

    virtual FileSource& files() = 0;
    virtual JoinSockets& join_sockets() = 0;
    virtual MrdiscSockets& mrdisc_sockets() = 0;

    // Everything is in place: writes the pid file, then reports to whoever started us. An error
    // ends the start, except kUnavailable (the guard is gone) in a successor: ending it would lose
    // what it has taken over.
    virtual Status ready() = 0;
    // The pid file's time shows when the configuration was last loaded.
    virtual Status touch_pid_file() = 0;
    // A client told the daemon to end.
    virtual void finish() = 0;

    // Replaces us by another program without losing a packet. The error says why not; on success
    // this process is about to end.
    virtual Status upgrade() = 0;

    // Everything that forwarding and a successor's knowledge depend on, for a daemon that takes
    // over from one that was left alone. It is an error if this daemon was not left alone.
    virtual Result<std::vector<NamedDescriptor>> hand_over() {
        return Error{compose("the daemon runs (process {})", facts().pid),
                     ExitStatus::kUnavailable};
    }

    // To the service manager, if one listens.
    virtual void notify(Notice notice, std::string_view status) = 0;
};

}  // namespace smcroute
