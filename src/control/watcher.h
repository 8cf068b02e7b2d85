// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Implements --watch: asks for the routes again and again and shows how fast they flow, on a
// terminal as a live screen, elsewhere as one line for each interval; as a line of JSON if that is
// asked for.
#pragma once

#include <chrono>

#include "base/result.h"
#include "control/session.h"

namespace smcroute {

// Returns on q, Ctrl-C, SIGTERM or SIGHUP, even while the daemon is slow to answer; an error if the
// daemon goes away. The terminal is restored. Without a terminal, signals have their default
// effect.
Result<ExitStatus> watch(Session& session, std::chrono::seconds interval, bool json);

}  // namespace smcroute
