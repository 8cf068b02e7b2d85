// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The clauses of a line, as in "from eth0 group 225.1.2.3 to eth1": each is a keyword and its
// value, except `nolearn`, which has none, and `to`, which takes the rest of the line. spec.h
// judges the values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "base/result.h"
#include "config/diagnostic.h"
#include "config/lint.h"

namespace smcroute {

using Words = std::span<const std::string_view>;

constexpr size_t index_of(Clause clause) { return static_cast<size_t>(clause); }

// The clauses that a directive may have, one bit each.
using ClauseSet = uint8_t;

constexpr ClauseSet set_of(std::initializer_list<Clause> clauses) {
    unsigned set = 0;
    for (const Clause clause : clauses) {
        set |= 1U << index_of(clause);
    }
    return static_cast<ClauseSet>(set);
}

// The values of a line's clauses; those not given are empty. That of `nolearn` is the word itself.
struct Clauses {
    std::array<std::string_view, 5> values;
    Words outbounds;
    Words surplus;  // from the first word on that only other programs accept

    std::string_view operator[](Clause clause) const { return values[index_of(clause)]; }
};

// Reads the clauses of `words`, which begin with the directive's keyword. Only those in `allowed`
// are accepted.
Result<Clauses, BadWord> read_clauses(Words words, ClauseSet allowed);

}  // namespace smcroute
