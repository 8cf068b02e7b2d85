// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What --monitor does: shows a line for each event as the daemon tells it.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "control/session.h"

namespace smcroute {

// `words` is the command. Returns when nobody reads stdout any more, also while nothing happens; an
// error if the daemon goes away. Signals do what they always do.
Result<ExitStatus> monitor(Session& session, std::span<const std::string> words, bool json);

}  // namespace smcroute
