// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/pattern_cover.h"

#include "base/text.h"

namespace smcroute {

bool covers(const IfPattern& wide, const IfPattern& narrow) {
    return wide == narrow || (wide.is_wildcard() && narrow.stem().starts_with(wide.stem()));
}

bool overlap(const IfPattern& a, const IfPattern& b) { return covers(a, b) || covers(b, a); }

StemLengths stem_length_of(const IfPattern& pattern) {
    return pattern.is_wildcard() ? StemLengths{1} << pattern.stem().size() : 0;
}

std::vector<IfPattern> wider_patterns(const IfPattern& pattern, StemLengths lengths) {
    std::vector<IfPattern> wider = {pattern};
    const std::string_view stem = pattern.stem();
    const size_t longest = stem.size() + (pattern.is_wildcard() ? 0 : 1);
    for (size_t length = 0; length < longest; ++length) {
        if ((lengths >> length & 1) == 0) {
            continue;
        }
        if (const auto wildcard = IfPattern::parse(cat({stem.substr(0, length), "+"}))) {
            wider.push_back(*wildcard);
        }
    }
    return wider;
}

}  // namespace smcroute
