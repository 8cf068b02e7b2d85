// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Another program in the place of this one, in the same process and with the same descriptors.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "guard/handover.h"

namespace smcroute {

// Where the program that this process runs is installed, or was; empty where /proc does not tell.
std::string program_path();

// Starts the command as another process that is only to say whether it could take over (see
// guard/handover.h), and waits for that, kTrialTakes at most.
Status try_program(const std::vector<std::string>& command);

// Runs the file `program` with that command line, in that directory, with the handover and these
// descriptors, and no others. The error is that we are still here, and as we were.
Error become_program(const std::string& program, const std::vector<std::string>& command,
                     const std::string& directory, const Handover& handover,
                     std::span<const NamedDescriptor> descriptors);

}  // namespace smcroute
