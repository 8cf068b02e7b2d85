// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The difference between one Desired and another, as lines of configuration syntax. It is for
// people; the planner decides what goes into the kernel.
#pragma once

#include <string>
#include <vector>

#include "mcast/desired.h"

namespace smcroute {

// "- mroute from …" for each line that only `from` has, "+ mroute from …" for each that only `to`
// has, sorted by the lines' text; where one replaces another the removal comes first. Empty if both
// ask for the same.
std::vector<std::string> diff(const Desired& from, const Desired& to);

}  // namespace smcroute
