// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/star_entries.h"

#include <algorithm>
#include <set>
#include <utility>

namespace smcroute {

namespace {

bool is_candidate(const RuleKey& key, const Rule& rule) {
    return rule.nolearn && !why_learns(spec_of(key, rule));
}

// Moves an entry in front of those for its outbounds. Of several that may come next, the one with
// the lowest slot does. False if they lead in a circle.
bool sort_by_age(std::vector<StarEntry>& entries) {
    for (size_t done = 0; done < entries.size(); ++done) {
        const auto first = entries.begin() + static_cast<std::ptrdiff_t>(done);
        const auto next = std::find_if(first, entries.end(), [&](const StarEntry& entry) {
            return std::none_of(first, entries.end(), [&](const StarEntry& other) {
                return (other.outbounds & slot_bit(entry.iif)) != 0;
            });
        });
        if (next == entries.end()) {
            return false;
        }
        std::rotate(first, next, next + 1);
    }
    return true;
}

// One entry for each interface that has a VIF and is an inbound of such a rule, by slot.
std::vector<StarEntry> entries_of(const Address& group, const StarInput& input) {
    const Slots& slots = input.slots[index_of(group.family())];
    const Layout& layout = input.layouts[index_of(group.family())];
    std::array<std::optional<SlotSet>, kSlotCount> outbounds;
    input.desired.rules().for_each_of_group(group, [&](const RuleKey& key, const Rule& rule) {
        SlotSet leads_to = 0;
        for (const IfPattern& outbound : rule.path->outbounds) {
            leads_to |= slots_named(outbound, slots, layout);
        }
        for_each_slot(slots_named(key.inbound, slots, layout) & layout.live, [&](Slot iif) {
            outbounds[iif] = outbounds[iif].value_or(0) | (leads_to & ~slot_bit(iif));
        });
    });
    std::vector<StarEntry> entries;
    for (Slot iif = 0; iif < kSlotCount; ++iif) {
        if (outbounds[iif]) {
            entries.push_back({iif, *outbounds[iif] & ~layout.closed});
        }
    }
    return entries;
}

}  // namespace

std::string_view to_string(WhyLearns why) {
    switch (why) {
        case WhyLearns::kGroups:
            return "it takes a range of groups";
        case WhyLearns::kSource:
            return "it does not take every source";
        case WhyLearns::kExcept:
            return "it excepts sources";
        case WhyLearns::kLoop:
            return "its inbound is its outbound too";
        case WhyLearns::kOther:
            return "another rule for the group learns";
        case WhyLearns::kCycle:
            return "the rules for the group lead in a circle";
    }
    return "";
}

std::optional<WhyLearns> why_learns(const RouteSpec& rule) {
    const auto& outbounds = rule.outbounds;
    const bool loops = !rule.inbound.is_wildcard() && std::find(outbounds.begin(), outbounds.end(),
                                                                rule.inbound) != outbounds.end();
    return !rule.group.is_single() ? std::optional(WhyLearns::kGroups)
           : !rule.source.is_any() ? std::optional(WhyLearns::kSource)
           : !rule.except.empty()  ? std::optional(WhyLearns::kExcept)
           : loops                 ? std::optional(WhyLearns::kLoop)
                                   : std::nullopt;
}

std::optional<StarGroup> star_group_of(const Address& group, const StarInput& input) {
    StarGroup result;
    bool any = false;
    input.desired.rules().for_each_of_group(group, [&](const RuleKey& key, const Rule& rule) {
        if (is_candidate(key, rule)) {
            any = true;
        } else if (!result.why || comes_before(rule.origin, result.because)) {
            result.why = WhyLearns::kOther;
            result.because = rule.origin;
        }
    });
    if (!any) {
        return std::nullopt;
    }
    if (!result.why) {
        result.entries = entries_of(group, input);
        if (!sort_by_age(result.entries)) {
            result = {.why = WhyLearns::kCycle, .because = {}, .entries = {}};
        }
    }
    return result;
}

SlotSet inbounds_of(const std::vector<StarEntry>& entries) {
    SlotSet inbounds = 0;
    for (const StarEntry& entry : entries) {
        inbounds |= slot_bit(entry.iif);
    }
    return inbounds;
}

SlotSet chained(const std::vector<StarEntry>& entries) {
    const SlotSet inbounds = inbounds_of(entries);
    SlotSet set = 0;
    for (const StarEntry& entry : entries) {
        if (const SlotSet next = entry.outbounds & inbounds; next != 0) {
            set |= next | slot_bit(entry.iif);
        }
    }
    return set;
}

std::vector<Address> Stars::update(const StarInput& input) {
    std::vector<Address> changed;
    std::set<Address> groups;
    for (const auto& [group, unused] : groups_) {
        groups.insert(group);
    }
    if (input.desired.nolearn_count() > 0) {
        for (const auto& [key, rules] : input.desired.rules().all()) {
            if (std::any_of(rules.begin(), rules.end(),
                            [&key = key](const Rule& rule) { return is_candidate(key, rule); })) {
                groups.insert(key.group.address());
            }
        }
    }
    for (const Address& group : groups) {
        update_one(group, input, changed);
    }
    return changed;
}

std::vector<Address> Stars::update(const StarInput& input, const Prefix& groups) {
    std::vector<Address> changed;
    if (groups.is_single()) {
        update_one(groups.address(), input, changed);
        return changed;
    }
    std::vector<Address> inside;
    for (auto it = groups_.lower_bound(groups.address());
         it != groups_.end() && groups.contains(it->first); ++it) {
        inside.push_back(it->first);
    }
    for (const Address& group : inside) {
        update_one(group, input, changed);
    }
    return changed;
}

void Stars::update_one(const Address& group, const StarInput& input,
                       std::vector<Address>& changed) {
    const auto it = groups_.find(group);
    auto now = input.desired.nolearn_count() > 0 ? star_group_of(group, input) : std::nullopt;
    if (!now && it == groups_.end()) {
        return;
    }
    if (now && it != groups_.end() && it->second == *now) {
        return;
    }
    changed.push_back(group);
    if (!now) {
        groups_.erase(it);
    } else {
        groups_.insert_or_assign(group, *std::move(now));
    }
}

const StarGroup* Stars::find(const Address& group) const {
    const auto it = groups_.find(group);
    return it == groups_.end() ? nullptr : &it->second;
}

bool Stars::serves(const Address& group) const {
    const StarGroup* const found = groups_.empty() ? nullptr : find(group);
    return found != nullptr && !found->why;
}

}  // namespace smcroute
