// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The daemon in one process (--single), for debuggers and the smallest systems: it behaves the same
// except for what needs a guard. When it dies, so do its routes.
#pragma once

#include "daemon/service.h"

namespace smcroute {

// Runs the daemon until it is told to stop. In the background this returns only in the daemon's
// process; the starting process exits when the daemon is ready or has failed.
ExitStatus run_alone(const ServiceSettings& settings);

}  // namespace smcroute
