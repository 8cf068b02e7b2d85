// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// --why and --trace: watch for some seconds, and tell what was seen and why. A client's work, with
// the rights of whoever calls it; a daemon is asked for its lines, if there is one.
#pragma once

#include "base/result.h"
#include "config/read_config.h"
#include "control/command.h"
#include "why/observation.h"

namespace smcroute {

// kOk if every stream flows, kRefused if one does not.
Result<ExitStatus> run_why(const StreamFilter& filter, const DiagnosisSettings& settings,
                           FileSource& files);
Result<ExitStatus> run_trace(const StreamFilter& filter, const DiagnosisSettings& settings,
                             FileSource& files);

// -F FILE --live: what of this machine stands in the way of the lines. kRefused if anything.
Result<ExitStatus> run_live(ReadConfig config, bool json);

}  // namespace smcroute
