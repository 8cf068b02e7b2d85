// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// "Did you mean": the known word nearest to an unknown one. For messages only.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace smcroute {

// For ASCII letters.
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The known word that was probably meant; empty if none is near. Upper and lower case count as
// equal, a swap of neighbours as one slip. A shortened word means the first known word that begins
// with it.
std::string_view nearest_of(std::string_view word, std::span<const std::string_view> known);

// The hint after a complaint about a word: " (did you mean 'mroute'?)", or, if no known word is
// near, " (expected 'mroute', 'mgroup' or 'phyint')".
std::string hint_for(std::string_view word, std::span<const std::string_view> known);

}  // namespace smcroute
