// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/rule_index.h"

#include <algorithm>
#include <tuple>

namespace smcroute {

namespace {

// Whether lists of these sizes are worth comparing pair by pair.
bool is_small(size_t a, size_t b) { return a == 0 || b <= 4096 / a; }

// No source of `narrow` is lost to an except of `wide`.
bool keeps_sources(const RouteSpec& wide, const RouteSpec& narrow) {
    return std::all_of(wide.except.begin(), wide.except.end(), [&](const Prefix& lost) {
        return !lost.overlaps(narrow.source) ||
               std::any_of(narrow.except.begin(), narrow.except.end(),
                           [&](const Prefix& except) { return except.contains(lost); });
    });
}

// `wide` sends wherever `narrow` does. A wildcard does not send back to the inbound, a name does.
bool has_outbounds(const RouteSpec& wide, const RouteSpec& narrow) {
    const auto& available = wide.outbounds;
    return std::all_of(
        narrow.outbounds.begin(), narrow.outbounds.end(), [&](const IfPattern& wanted) {
            const bool is_loop = !wanted.is_wildcard() && overlap(wanted, narrow.inbound);
            return std::any_of(available.begin(), available.end(), [&](const IfPattern& offered) {
                return is_loop ? offered == wanted : covers(offered, wanted);
            });
        });
}

// For rules of which `wide` has the wider inbound, source and group.
bool adds_all_of(const RouteSpec& wide, const RouteSpec& narrow) {
    return is_small(wide.except.size(), narrow.except.size()) &&
           is_small(wide.outbounds.size(), narrow.outbounds.size()) &&
           keeps_sources(wide, narrow) && has_outbounds(wide, narrow);
}

bool same_key(const RouteSpec& a, const RouteSpec& b) {
    return a.group == b.group && a.source == b.source && a.inbound == b.inbound;
}

// Lines for one rule, whose outbounds add up.
bool same_rule(const RouteSpec& a, const RouteSpec& b) {
    return same_key(a, b) && a.except == b.except;
}

}  // namespace

// Looks for a cover of `rule` until one is found or the budget is spent.
struct RuleIndex::Search {
    Entry rule;
    std::vector<IfPattern> inbounds;
    Entry found = nullptr;
    unsigned budget = 100;

    bool is_over() const { return found != nullptr || budget == 0; }
    void spend() { budget -= budget > 0 ? 1 : 0; }
};

bool RuleIndex::comes_before(Entry a, Entry b) {
    return std::tie(a->spec.group, a->spec.source, a->spec.inbound) <
           std::tie(b->spec.group, b->spec.source, b->spec.inbound);
}

// The part of `range` whose member equals `value`; `range` is ordered by that member.
template <typename T>
RuleIndex::Range RuleIndex::narrow(Range range, T RouteSpec::*member, const T& value) {
    const auto begin =
        std::lower_bound(range.begin(), range.end(), value,
                         [&](Entry entry, const T& key) { return entry->spec.*member < key; });
    const auto end = std::upper_bound(begin, range.end(), value, [&](const T& key, Entry entry) {
        return key < entry->spec.*member;
    });
    return Range(begin, end);
}

RuleIndex::RuleIndex(std::span<const PlacedRule> rules) {
    entries_.reserve(rules.size());
    for (const PlacedRule& rule : rules) {
        entries_.push_back(&rule);
        group_lengths_.set(rule.spec.group.length());
        source_lengths_.set(rule.spec.source.length());
        stem_lengths_ |= stem_length_of(rule.spec.inbound);
    }
    std::sort(entries_.begin(), entries_.end(), comes_before);
}

const PlacedRule* RuleIndex::cover_of(const PlacedRule& rule) const {
    Search search{.rule = &rule, .inbounds = wider_patterns(rule.spec.inbound, stem_lengths_)};
    search_groups(search);
    return search.found;
}

void RuleIndex::search_groups(Search& search) const {
    const Prefix& group = search.rule->spec.group;
    for (unsigned length = 0; length <= group.length() && !search.is_over(); ++length) {
        if (group_lengths_.test(length)) {
            search.spend();
            search_sources(search, narrow(Range(entries_), &RouteSpec::group,
                                          *Prefix::make(group.address(), length)));
        }
    }
}

void RuleIndex::search_sources(Search& search, Range range) const {
    const Prefix& source = search.rule->spec.source;
    for (unsigned length = 0; length <= source.length(); ++length) {
        if (range.empty() || search.is_over()) {
            return;
        }
        if (source_lengths_.test(length)) {
            search.spend();
            search_inbounds(
                search, narrow(range, &RouteSpec::source, *Prefix::make(source.address(), length)));
        }
    }
}

void RuleIndex::search_inbounds(Search& search, Range range) {
    for (const IfPattern& inbound : search.inbounds) {
        if (range.empty() || search.is_over()) {
            return;
        }
        search.spend();
        search_rules(search, narrow(range, &RouteSpec::inbound, inbound));
    }
}

void RuleIndex::search_rules(Search& search, Range range) {
    const Entry rule = search.rule;
    for (const Entry wide : range) {
        if (search.is_over()) {
            return;
        }
        search.spend();
        if (same_rule(wide->spec, rule->spec) || !adds_all_of(wide->spec, rule->spec)) {
            continue;
        }
        // Two that list their excepts in another order cover each other; the earlier shall stay.
        if (wide < rule || !same_key(wide->spec, rule->spec) ||
            !adds_all_of(rule->spec, wide->spec)) {
            search.found = wide;
        }
    }
}

}  // namespace smcroute
