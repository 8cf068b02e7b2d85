// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The client: carries commands to the daemon, prints what it answers, and learns the exit status.
// The only part of the program that waits for somebody else.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace smcroute {

struct ClientStyle {
    bool json = false;    // for what is shown, and for errors
    bool heading = true;  // over tables
};

// Runs the commands in order over one connection to the daemon at `socket_path`, waiting up to
// three seconds for one to be there. Answers go to stdout and stderr. The first failure decides the
// status; the commands after it are still run. A kill command, in a batch too, returns when the
// daemon is gone.
ExitStatus run_client(const std::string& socket_path,
                      std::span<const std::vector<std::string>> commands, const ClientStyle& style);

}  // namespace smcroute
