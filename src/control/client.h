// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The client: sends commands to the daemon, prints its answers, and returns the exit status. It is
// the only part of the program that waits for others.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "control/command.h"
#include "control/printing.h"

namespace smcroute {

// Runs the commands in order over one connection to the daemon at `socket_path`. Waits up to three
// seconds for a daemon to be there, but not at all if the first command is kill. Answers go to
// stdout and stderr. The first failure decides the status; the commands after it are still run. A
// kill command, in a batch too, returns when the daemon is gone. If the daemon had lost its guard
// and so could touch no file, the client removes the socket file, and the pid file if it names a
// process that is gone.
ExitStatus run_client(const std::string& socket_path, const std::string& pid_file,
                      std::span<const GivenCommand> commands, const ClientStyle& style);

}  // namespace smcroute
