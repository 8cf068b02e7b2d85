// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The client: carries commands to the daemon, prints what it answers, and learns the exit status.
// The only part of the program that waits for somebody else.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "control/command.h"
#include "control/printing.h"

namespace smcroute {

// Runs the commands in order over one connection to the daemon at `socket_path`, waiting up to
// three seconds for one to be there, but for one to kill not at all. Answers go to stdout and
// stderr. The first failure decides the status; the commands after it are still run. A kill
// command, in a batch too, returns when the daemon is gone; of one without a guard, which may touch
// no file, it takes away the socket file and the pid file, if that names a process that is gone.
ExitStatus run_client(const std::string& socket_path, const std::string& pid_file,
                      std::span<const GivenCommand> commands, const ClientStyle& style);

}  // namespace smcroute
