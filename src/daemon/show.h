// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The output of `--show` about the running state, as rows of view/schema.h. Long tables come in
// pages that read the state anew each time, by key, so that nothing is copied and nobody waits.
#pragma once

#include <string>
#include <vector>

#include "control/command.h"
#include "control/reply.h"
#include "kernel/kernel.h"
#include "mcast/planner.h"
#include "view/schema.h"

namespace smcroute {

struct Showable {
    const RouterState& state;
    Kernel& kernel;                         // for counters
    const std::vector<std::string>& files;  // indexed by Origin.file; the main file first
    Row status;                             // the row of "status"
};

// Borrows all except the row, until the answer has been sent.
Reply show(const Show& command, const Showable& showable);

}  // namespace smcroute
