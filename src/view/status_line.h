// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The line over the tables on a terminal: how the daemon is. Pure.
#pragma once

#include <string>

#include "view/table.h"

namespace smcroute {

// "smcroute up 3h12m: 2 routes, 1 rule, 1 pending!, loaded 5m ago", from a row of "status". What
// needs attention ends in "!". Goes on below where it would be wider than that; 0: does not.
std::string status_line(const Table& status, size_t width = 0);

}  // namespace smcroute
