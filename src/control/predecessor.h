// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Predecessor: what a starting daemon finds at its own control socket. A running daemon keeps the
// socket; a worker whose guard has died hands over everything (control/protocol.h).
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "os/unique_fd.h"

namespace smcroute {

// A worker's name in the process list.
inline constexpr const char* kWorkerName = "smcroute-worker";
bool is_worker(pid_t process);

struct Predecessor {
    enum class State : uint8_t {
        kNone,
        kRuns,
        kHandsOver,
        kSilent,  // does not answer, or in an unknown way
    };

    State state = State::kNone;
    // The process that listens, as the kernel reports; 0 if we cannot see it.
    pid_t pid = 0;
    // With the names that it gave them; the caller must check them.
    std::vector<std::pair<std::string, UniqueFd>> descriptors = {};
};

// Returns after two seconds at the latest. If something else is wrong with the socket, nobody has
// it: whoever then listens on it gets the error.
Predecessor ask_predecessor(const std::string& socket);

// Why this predecessor keeps a daemon from starting, and what to do: it runs, does not answer, or
// hands over to a daemon that could not take it.
Error in_the_way(const Predecessor& predecessor, const std::string& socket);

}  // namespace smcroute
