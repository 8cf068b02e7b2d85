// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// How the Planner plans the (*,G) entries; the rest of it is in planner.cc.
#include "mcast/planner.h"

#include <algorithm>
#include <map>
#include <set>

namespace smcroute {

namespace {

Flow any_source(const Address& group) { return {group, Address::any(group.family())}; }

}  // namespace

void Planner::plan_stars(const Scope& scope, std::vector<Op>& ops, std::vector<Op>& late) {
    const Stars::Groups& wanted = state_.stars.groups();
    const Installed::Stars& installed = state_.installed.stars();
    if (wanted.empty() && installed.empty()) {
        return;
    }
    std::set<Address> groups;
    const auto add = [&](auto it, auto end, const auto& group_of) {
        for (; it != end; ++it) {
            groups.insert(group_of(*it));
        }
    };
    const auto of_wanted = [](const auto& each) { return each.first; };
    const auto of_installed = [](const auto& each) { return each.first.group; };
    if (scope.all_entries) {
        add(wanted.begin(), wanted.end(), of_wanted);
        add(installed.begin(), installed.end(), of_installed);
    }
    for (const FlowRange& range : scope.ranges) {
        const Address last = range.group.last();
        add(wanted.lower_bound(range.group.address()), wanted.upper_bound(last), of_wanted);
        add(state_.installed.first_star(range.group.address()),
            installed.upper_bound({last, kSlotCount}), of_installed);
    }
    for (const Flow& flow : scope.flows) {
        if (flow.source.is_any()) {
            groups.insert(flow.group);
        }
    }
    for (const Address& group : groups) {
        plan_star_group(group, ops, late);
    }
}

std::vector<Op> Planner::plan_stars_of(const Address& group) {
    std::vector<Op> ops;
    std::vector<Op> late;
    plan_star_group(group, ops, late);
    ops.insert(ops.end(), late.begin(), late.end());
    return ops;
}

void Planner::plan_star_group(const Address& group, std::vector<Op>& ops, std::vector<Op>& late) {
    static const std::vector<StarEntry> kNone;
    const bool served = state_.stars.serves(group);
    const std::vector<StarEntry>& wanted = served ? state_.stars.find(group)->entries : kNone;
    put_stars(group, wanted, ops, late);
    drop_stars(group, inbounds_of(wanted), late);
}

// Where the order does not fit, all entries that depend on it are made anew. The kernel must not
// have one that sends to an interface before the one for packets from there is newer and takes
// them, or it would drop these. So each gets its place first, the oldest first, while none takes
// packets, and then the newest is the first to take them. What comes in between waits in the kernel
// for the answer to its upcall.
void Planner::put_stars(const Address& group, const std::vector<StarEntry>& wanted,
                        std::vector<Op>& ops, std::vector<Op>& late) const {
    const SlotSet anew = can_add_in_order(group, wanted) ? 0 : chained(wanted);
    std::vector<Op> changes;
    for (const StarEntry& entry : wanted) {
        const bool is_there = state_.installed.find_star({group, entry.iif}) != nullptr;
        if ((anew & slot_bit(entry.iif)) != 0) {
            if (is_there) {
                ops.push_back(DelEntry{any_source(group), entry.iif});
            }
            ops.push_back(
                PutEntry{.flow = any_source(group), .iif = entry.iif, .ttls = {}, .hidden = true});
        } else if (!is_current(group, entry)) {
            put_star(group, entry, anew, is_there ? changes : ops, late);
        }
    }
    for (auto entry = wanted.rbegin(); entry != wanted.rend(); ++entry) {
        if ((anew & slot_bit(entry->iif)) != 0) {
            put_star(group, *entry, anew, ops, late);
        }
    }
    ops.insert(ops.end(), changes.begin(), changes.end());
}

// An outbound that goes does so late: the entry of a route that makes up for it may be still to
// come.
void Planner::put_star(const Address& group, const StarEntry& wanted, SlotSet anew,
                       std::vector<Op>& ops, std::vector<Op>& late) const {
    const Family family = group.family();
    const Installed::Star* const have = state_.installed.find_star({group, wanted.iif});
    const bool is_anew = (anew & slot_bit(wanted.iif)) != 0;
    const SlotSet before = have == nullptr || have->entry.stale ? 0 : have->entry.outbounds;
    const SlotSet extra =
        before & state_.layouts[index_of(family)].live & ~wanted.outbounds & ~(is_anew ? anew : 0);
    const auto put = [&](SlotSet outbounds) {
        return PutEntry{
            .flow = any_source(group), .iif = wanted.iif, .ttls = ttls_to(family, outbounds)};
    };
    if (is_anew || !is_current(group, {wanted.iif, wanted.outbounds | extra})) {
        ops.push_back(put(wanted.outbounds | extra));
    }
    if (extra != 0) {
        late.push_back(put(wanted.outbounds));
    }
}

// The oldest goes first: while one is left that sends to the iif of one that is gone, packets from
// there are dropped.
void Planner::drop_stars(const Address& group, SlotSet wanted, std::vector<Op>& late) const {
    const bool served = state_.stars.serves(group);
    const Installed::Stars& all = state_.installed.stars();
    std::multimap<uint32_t, Slot> unwanted;
    for (auto it = state_.installed.first_star(group); it != all.end() && it->first.group == group;
         ++it) {
        const Slot iif = it->first.iif;
        const Installed::Entry& entry = it->second.entry;
        // See plan_stray().
        const bool keeps_silent =
            served && is_live(group.family(), iif) && entry.outbounds == 0 && !entry.stale;
        if ((wanted & slot_bit(iif)) == 0 && !keeps_silent) {
            unwanted.emplace(it->second.order, iif);
        }
    }
    for (const auto& [order, iif] : unwanted) {
        late.push_back(DelEntry{any_source(group), iif});
    }
}

// Whether each entry that sends to another one's iif is older, if the missing ones are added first
// and those that change are replaced then.
bool Planner::can_add_in_order(const Address& group, const std::vector<StarEntry>& wanted) const {
    const auto is_in_order = [&](const StarEntry& from, const StarEntry& to) {
        const Installed::Star* const before = state_.installed.find_star({group, from.iif});
        const Installed::Star* const after = state_.installed.find_star({group, to.iif});
        return before != nullptr && before->order != 0 &&
               (after == nullptr || before->order < after->order);
    };
    return std::all_of(wanted.begin(), wanted.end(), [&](const StarEntry& from) {
        return std::all_of(wanted.begin(), wanted.end(), [&](const StarEntry& to) {
            return (from.outbounds & slot_bit(to.iif)) == 0 || is_in_order(from, to);
        });
    });
}

bool Planner::is_current(const Address& group, const StarEntry& wanted) const {
    const Installed::Star* const have = state_.installed.find_star({group, wanted.iif});
    return have != nullptr &&
           is_current(group.family(), have->entry,
                      WantedEntry{.iif = wanted.iif, .outbounds = wanted.outbounds});
}

std::vector<Op> Planner::plan_stray(const Flow& flow, Slot iif) {
    const std::vector<StarEntry>& entries = state_.stars.find(flow.group)->entries;
    const auto entry = std::find_if(entries.begin(), entries.end(),
                                    [iif](const StarEntry& each) { return each.iif == iif; });
    const bool is_taken = entry != entries.end();
    std::vector<Op> ops;
    if (!is_taken && is_live(flow.family(), iif) &&
        state_.installed.find_star({flow.group, iif}) == nullptr) {
        ops.push_back(PutEntry{.flow = any_source(flow.group), .iif = iif});
    }
    const SlotSet outbounds = is_taken ? entry->outbounds : 0;
    ops.push_back(PutEntry{.flow = flow, .iif = iif, .ttls = ttls_to(flow.family(), outbounds)});
    ops.push_back(DelEntry{flow});
    return ops;
}

}  // namespace smcroute
