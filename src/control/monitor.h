// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Implements --monitor: shows one line for each event that the daemon reports.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "control/session.h"

namespace smcroute {

// `words` is the command. Returns when nobody reads stdout any more, even while nothing happens; an
// error if the daemon goes away. Signals have their default effect.
Result<ExitStatus> monitor(Session& session, std::span<const std::string> words, bool json);

}  // namespace smcroute
