// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// How interface patterns relate as sets of names. Pure; for lint.
#pragma once

#include <vector>

#include "mcast/if_name.h"

namespace smcroute {

// Whatever `narrow` stands for, `wide` does too.
bool covers(const IfPattern& wide, const IfPattern& narrow);
// Both can stand for one interface.
bool overlap(const IfPattern& a, const IfPattern& b);
// The pattern itself and every wildcard that covers it: at most 17.
std::vector<IfPattern> wider_patterns(const IfPattern& pattern);

}  // namespace smcroute
