// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// TimePoint: a moment, as whoever calls says; nothing in this room reads a clock.
#pragma once

#include <chrono>

namespace smcroute {

using TimePoint = std::chrono::steady_clock::time_point;

}  // namespace smcroute
