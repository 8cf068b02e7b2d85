// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The worker: the process that the guard forks for the routing. It gives up every privilege before
// it reads anything that came from outside.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/service.h"
#include "os/message_socket.h"
#include "os/privileges.h"

namespace smcroute {

// What a worker is given by its guard, through fork().
struct WorkerStart {
    MessageSocket guard;
    RoutingSockets routing;
    UniqueFd listener;
    SavedStateFiles saved_state;                  // the guard's, and open in the worker too
    std::vector<std::pair<uint32_t, int>> joins;  // by id; likewise
    size_t join_ration = 0;                       // as of open_join_socket()
    std::optional<UserIdentity> user;             // to become; none: stay who we are
    bool user_may_fail = false;                   // nobody has named it
    pid_t guard_pid = 0;
    ControlAccess access;
    std::string last_upgrade;  // as Host::last_upgrade()
    bool script_runs = false;  // as ScriptRunner::is_running()
    bool has_manager = false;
    std::optional<std::chrono::microseconds> watchdog_interval;
    bool foreground = false;
    LogPhase log_phase = LogPhase::kStarting;
};

// In the process just forked: closes whatever else it has inherited, and runs. The status to exit
// with.
ExitStatus run_worker(const ServiceSettings& settings, WorkerStart start);

}  // namespace smcroute
