// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// TimePoint: a moment, given by the caller; nothing in mcast/ reads a clock.
#pragma once

#include <chrono>

namespace smcroute {

using TimePoint = std::chrono::steady_clock::time_point;

}  // namespace smcroute
