// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Replaces this program by another one, in the same process and with the same descriptors.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "guard/handover.h"

namespace smcroute {

// The path where the running program is, or was, installed; empty if /proc does not tell.
std::string program_path();

// Starts the command as another process that must only say whether it could take over (see
// guard/handover.h), and waits for that, kTrialTakes at most.
Status try_program(const std::vector<std::string>& command);

// Runs the file `program` with that command line, in that directory, with the handover and these
// descriptors, and no others. If it returns, we are still here and unchanged.
Error become_program(const std::string& program, const std::vector<std::string>& command,
                     const std::string& directory, const Handover& handover,
                     std::span<const NamedDescriptor> descriptors);

}  // namespace smcroute
