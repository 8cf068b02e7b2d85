// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// RuleIndex: finds, for a rule, another one that makes it superfluous. Wider rules are found by
// binary searches over one sorted list, one for each length that occurs, so that the work grows
// with the number of rules and not its square. Borrows the rules; for lint.
#pragma once

#include <bitset>
#include <span>
#include <vector>

#include "config/pattern_cover.h"
#include "mcast/route.h"

namespace smcroute {

struct PlacedRule {
    RouteSpec spec;
    Origin origin;
};

class RuleIndex {
public:
    // Takes the rules in the order of their lines. They must stay where they are.
    explicit RuleIndex(std::span<const PlacedRule> rules);

    // Another rule whose traffic and outbounds include those of `rule`, an element of the rules.
    // Rules that differ in nothing but outbounds are no match: they add up. Of two that cover each
    // other only the later has a cover. After a fixed number of comparisons the search is given up.
    const PlacedRule* cover_of(const PlacedRule& rule) const;

private:
    using Entry = const PlacedRule*;
    using Range = std::span<const Entry>;
    // Prefixes of either family have lengths 0 to 128.
    using Lengths = std::bitset<129>;
    struct Search;

    static bool comes_before(Entry a, Entry b);
    template <typename T>
    static Range narrow(Range range, T RouteSpec::*member, const T& value);
    void search_groups(Search& search) const;
    void search_sources(Search& search, Range range) const;
    static void search_inbounds(Search& search, Range range);
    static void search_rules(Search& search, Range range);

    std::vector<Entry> entries_;  // by group, source, inbound, then line
    Lengths group_lengths_;
    Lengths source_lengths_;
    StemLengths stem_lengths_ = 0;
};

}  // namespace smcroute
