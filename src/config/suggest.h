// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// "Did you mean": the known word nearest to one that is not known. For messages only.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace smcroute {

// What may follow a complaint about a word: " (did you mean 'mroute'?)", or, if no known word is
// near, " (expected 'mroute', 'mgroup' or 'phyint')". Upper and lower case count as equal, a swap
// of neighbours as one slip.
std::string hint_for(std::string_view word, std::span<const std::string_view> known);

}  // namespace smcroute
