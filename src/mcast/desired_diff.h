// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What has to be added to and taken from one Desired to make it equal to another, as lines of
// configuration syntax. For people; the way into the kernel is the planner's.
#pragma once

#include <string>
#include <vector>

#include "mcast/desired.h"

namespace smcroute {

// "- mroute from …" for each line that only `from` has, "+ mroute from …" for each that only `to`
// has, in the order of the lines' text, the removal first where they replace each other. Empty if
// the two ask for the same.
std::vector<std::string> diff(const Desired& from, const Desired& to);

}  // namespace smcroute
