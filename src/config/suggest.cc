// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/suggest.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace smcroute {

namespace {

constexpr size_t kMaxLength = 20;  // no keyword is longer

using Row = std::array<size_t, kMaxLength + 1>;

// Insertions, deletions, replacements and swaps of neighbours from `a` to `b`; both are short.
size_t slips_between(std::string_view a, std::string_view b) {
    std::array<Row, kMaxLength + 1> cost{};
    for (size_t i = 0; i <= a.size(); ++i) {
        for (size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            const bool equal = lower(a[i - 1]) == lower(b[j - 1]);
            cost[i][j] = std::min(
                {cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (equal ? 0 : 1)});
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1])) {
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
            }
        }
    }
    return cost[a.size()][b.size()];
}

// "'a', 'b' or 'c'".
std::string alternatives(std::span<const std::string_view> words) {
    std::string text;
    for (size_t i = 0; i < words.size(); ++i) {
        const bool is_last = i + 1 == words.size();
        text += compose("{}'{}'", i == 0 ? "" : (is_last ? " or " : ", "), words[i]);
    }
    return text;
}

// A single letter could begin anything, so it is not enough.
bool is_cut_short(std::string_view word, std::string_view whole) {
    const size_t letters = word.find_first_not_of('-');
    return letters != word.npos && word.size() - letters > 1 && word.size() < whole.size() &&
           std::equal(word.begin(), word.end(), whole.begin(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

}  // namespace

std::string_view nearest_of(std::string_view word, std::span<const std::string_view> known) {
    for (const std::string_view candidate : known) {
        if (is_cut_short(word, candidate)) {
            return candidate;
        }
    }
    std::string_view best;
    size_t best_slips = kMaxLength;
    for (const std::string_view candidate : known) {
        if (word.size() > kMaxLength || candidate.size() > kMaxLength) {
            continue;
        }
        const size_t slips = slips_between(word, candidate);
        // A third of the word may be wrong; beyond that a guess is noise.
        if (slips < best_slips && slips * 3 <= candidate.size() + 1) {
            best = candidate;
            best_slips = slips;
        }
    }
    return best;
}

std::string hint_for(std::string_view word, std::span<const std::string_view> known) {
    const std::string_view best = nearest_of(word, known);
    return best.empty() ? compose(" (expected {})", alternatives(known))
                        : compose(" (did you mean '{}'?)", best);
}

}  // namespace smcroute
