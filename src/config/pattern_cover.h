// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// How interface patterns relate as sets of names. Pure; for lint.
#pragma once

#include <cstdint>
#include <vector>

#include "mcast/if_name.h"

namespace smcroute {

// Whatever `narrow` stands for, `wide` does too.
bool covers(const IfPattern& wide, const IfPattern& narrow);
// Both can stand for one interface.
bool overlap(const IfPattern& a, const IfPattern& b);

// A set of stem lengths, one bit each; IfName::kMaxLength is the longest.
using StemLengths = uint32_t;
inline constexpr StemLengths kAllStemLengths = UINT32_MAX;
// Of the wildcards, the length of the stem; else nothing.
StemLengths stem_length_of(const IfPattern& pattern);

// The pattern itself and every other wildcard that covers it and has one of these stem lengths.
std::vector<IfPattern> wider_patterns(const IfPattern& pattern, StemLengths lengths);

}  // namespace smcroute
