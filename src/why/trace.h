// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// --trace: the streams that arrive, a line each, and whether a line of the configuration covers
// them; or the lines that would route them. Pure.
#pragma once

#include <string>

#include "control/command.h"
#include "why/observation.h"

namespace smcroute {

std::string trace_text(const Observation& observation, const StreamFilter& filter,
                       const DiagnosisSettings& settings);

}  // namespace smcroute
