// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Predecessor: whom a daemon that starts finds at its own control socket. One that runs keeps it; a
// worker whose guard has died hands over everything (control/protocol.h).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "os/unique_fd.h"

namespace smcroute {

// What a worker is called in the list of processes.
inline constexpr const char* kWorkerName = "smcroute-worker";
bool is_worker(pid_t process);

struct Predecessor {
    enum class State : uint8_t {
        kNone,
        kRuns,
        kHandsOver,
        kSilent,  // does not answer, or not as we know it
    };

    State state = State::kNone;
    // The process that listens, as the kernel says; 0 if we cannot see it.
    pid_t pid = 0;
    // With the names that it gave them, which are for the caller to check.
    std::vector<std::pair<std::string, UniqueFd>> descriptors = {};
};

// Has its answer after two seconds at the latest. What else may be wrong with the socket, nobody
// has it: whoever then listens on it is told why that cannot be.
Predecessor ask_predecessor(const std::string& socket);

// Why a daemon cannot start because of it, and what to do: it runs, does not answer, or hands over
// to one that could not take it.
Error in_the_way(const Predecessor& predecessor, const std::string& socket);

}  // namespace smcroute
