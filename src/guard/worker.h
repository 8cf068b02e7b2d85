// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The worker: the process that the guard forks for routing. It gives up every privilege before it
// reads anything that came from outside.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/service.h"
#include "os/message_socket.h"
#include "os/privileges.h"

namespace smcroute {

// What the guard gives to a worker, through fork().
struct WorkerStart {
    MessageSocket guard;
    RoutingSockets routing;
    UniqueFd listener;
    HostFacts facts;  // the process is the guard, the files are its own, open in the worker too
    std::vector<std::pair<uint32_t, int>> joins;  // by id; likewise the guard's
    size_t join_ration = 0;                       // see open_join_socket()
    std::optional<UserIdentity> user;             // the user to become; none: keep our user
    bool user_may_fail = false;                   // nobody named it explicitly
    bool script_runs = false;                     // as ScriptRunner::is_running()
    bool foreground = false;
    LogPhase log_phase = LogPhase::kStarting;
};

// Called in the process just forked: closes whatever else it has inherited, and runs. Returns the
// exit status.
ExitStatus run_worker(const ServiceSettings& settings, WorkerStart start);

}  // namespace smcroute
