// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/planner.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

namespace smcroute {

namespace {

void move_append(std::vector<Op>& to, std::vector<Op>& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

bool awaits(const RouterState& state, const Flow& flow) {
    const Stream* const stream = state.streams.find(flow);
    const Installed::Entry* const entry = state.installed.find(flow);
    return stream != nullptr && entry != nullptr && awaits(state, *stream, *entry);
}

// A name has one slot: the one of the entry says it without a search.
bool awaits(const RouterState& state, const Stream& stream, const Installed::Entry& entry) {
    return state.slots[index_of(stream.flow().family())].name(entry.iif) !=
           state.streams.inbound_of(stream);
}

std::vector<Op> Planner::plan(const Scope& scope) {
    std::vector<Op> ops;
    std::vector<Op> late;
    for (const Family family : kFamilies) {
        plan_vifs(family, ops, late);
    }
    Scope wider = scope;
    wider.all_entries = scope.all_entries || !ops.empty() || !late.empty();
    std::vector<Op> leaves;
    plan_joins(wider, ops, leaves);
    plan_entries(wider, ops);
    move_append(ops, late);
    // The kernel searches an interface's youngest membership first: leaving 20,000 groups oldest
    // first takes half a minute, youngest first a tenth of a second.
    std::reverse(leaves.begin(), leaves.end());
    move_append(ops, leaves);
    return ops;
}

// A VIF in the way (its interface is gone or was renamed, or the slot has another holder now) is
// deleted first. One that is merely unwanted stays until no entry sends there.
void Planner::plan_vifs(Family family, std::vector<Op>& early, std::vector<Op>& late) const {
    const Layout& layout = state_.layouts[index_of(family)];
    std::vector<Op> adds;
    for_each_slot(layout.live | state_.installed.live(family), [&](Slot slot) {
        const std::optional<Installed::Vif>& have = state_.installed.vif(family, slot);
        const std::optional<Interface>& want = layout.vifs[slot];
        if (have && want && have->name == want->name && have->ifindex == want->ifindex) {
            return;
        }
        if (have) {
            const Interface* const now = state_.interfaces.find(have->ifindex);
            const bool in_the_way = want || now == nullptr || now->name != have->name;
            (in_the_way ? early : late).push_back(DelVif{family, slot, have->name});
        }
        if (want) {
            adds.push_back(AddVif{family, slot, want->name, want->ifindex});
        }
    });
    move_append(early, adds);
}

void Planner::plan_joins(const Scope& scope, std::vector<Op>& joins, std::vector<Op>& leaves) {
    if (!scope.all_joins) {
        for (const JoinSpec& join : scope.joins) {
            plan_join(join, joins, leaves);
        }
        return;
    }
    plan_unwanted_joins(joins, leaves);
    for (const auto& [join, origin] : state_.desired.joins()) {
        plan_join(join, joins, leaves);
    }
}

// A membership stays if its interface still has the same ifindex and name, and some join asks for
// it.
void Planner::plan_unwanted_joins(std::vector<Op>& joins, std::vector<Op>& leaves) const {
    for (const Membership& membership : state_.installed.memberships()) {
        const Interface* const interface = state_.interfaces.find(membership.ifindex);
        if (interface == nullptr || interface->name != membership.name) {
            joins.push_back(Leave{membership});  // a dead index counts against the socket's limit
        } else if (!state_.desired.wants_join(*interface, membership.flow)) {
            leaves.push_back(Leave{membership});
        }
    }
}

void Planner::plan_join(const JoinSpec& join, std::vector<Op>& joins, std::vector<Op>& leaves) {
    for_each_interface(join.interface, state_.interfaces, [&](const Interface& interface) {
        for_each_flow(join, [&](const Flow& flow) {
            const Membership membership{interface.ifindex, interface.name, flow};
            const bool have = state_.installed.memberships().contains(membership);
            const bool want = state_.desired.wants_join(interface, flow);
            if (want && !have && joined_.insert(membership).second) {
                joins.push_back(Join{membership});
            } else if (have && !want) {
                leaves.push_back(Leave{membership});
            }
        });
    });
}

// A group that the kernel is to serve by itself has its (*,G) entries before its streams lose
// theirs. One that is to be learned loses them last, because from then on upcalls wait.
void Planner::plan_entries(const Scope& scope, std::vector<Op>& ops) {
    std::vector<Op> late;
    plan_stars(scope, ops, late);
    plan_sources(scope, ops);
    move_append(ops, late);
}

void Planner::plan_sources(const Scope& scope, std::vector<Op>& ops) {
    if (scope.all_entries) {
        plan_all_entries(ops);
        return;
    }
    for (const FlowRange& range : scope.ranges) {
        plan_range(range, ops);
    }
    for (const Flow& flow : scope.flows) {
        if (auto op = plan_entry(flow)) {
            ops.push_back(std::move(*op));
        }
    }
}

void Planner::plan_all_entries(std::vector<Op>& ops) {
    const auto append = [&ops](std::optional<Op> op) {
        if (op) {
            ops.push_back(*std::move(op));
        }
    };
    // Entries that are only installed are deleted first, to free their slots and memory.
    InOrder routes(state_.desired.routes());
    for (const auto& [flow, entry] : state_.installed.entries()) {
        if (routes.find(flow) == nullptr && state_.streams.find(flow) == nullptr) {
            ops.push_back(DelEntry{flow});
        }
    }
    // Room that is not used costs nothing.
    ops.reserve(ops.size() + state_.desired.routes().size());
    InOrder entries(state_.installed.entries());
    for (const auto& [flow, route] : state_.desired.routes()) {
        append(plan_entry({flow, &route, entries.find(flow)}));
    }
    state_.streams.for_each([&](const Stream& stream) {
        if (const Known known = known_of(stream.flow()); known.route == nullptr) {
            append(plan_entry(known));
        }
    });
}

void Planner::plan_range(const FlowRange& range, std::vector<Op>& ops) {
    const Installed::Entries& entries = state_.installed.entries();
    const Address last_group = range.group.last();
    auto it = entries.lower_bound({range.group.address(), Address::any(range.group.family())});
    for (; it != entries.end() && it->first.group <= last_group; ++it) {
        if (!range.source.contains(it->first.source)) {
            continue;
        }
        if (auto op = plan_entry(it->first)) {
            ops.push_back(std::move(*op));
        }
    }
}

Planner::Known Planner::known_of(const Flow& flow) const {
    return {flow, state_.desired.find(flow), state_.installed.find(flow)};
}

std::optional<Op> Planner::plan_entry(const Flow& flow) { return plan_entry(known_of(flow)); }

std::optional<Op> Planner::plan_entry(const Known& known) {
    const auto& [flow, route, have] = known;
    const Family family = flow.family();
    const std::optional<WantedEntry> want = wanted(flow, route);
    if (!want) {
        return have == nullptr ? std::nullopt : std::optional<Op>(DelEntry{flow});
    }
    // Writing the entry is what turns a stream into a route's.
    const bool takes_over =
        want->is_routed && state_.streams.size() > 0 && state_.streams.find(flow) != nullptr;
    if (have != nullptr && !takes_over && is_current(family, *have, *want)) {
        return std::nullopt;
    }
    return PutEntry{.flow = flow, .iif = want->iif, .ttls = ttls_to(family, want->outbounds)};
}

Ttls Planner::ttls_to(Family family, SlotSet outbounds) const {
    const Layout& layout = state_.layouts[index_of(family)];
    Ttls ttls{};
    for_each_slot(outbounds & layout.live,
                  [&](Slot slot) { ttls[slot] = layout.thresholds[slot]; });
    return ttls;
}

// An outbound whose VIF is gone is neither missing nor extra: the kernel drops it from an entry
// written now, and resumes it in an entry written before.
bool Planner::is_current(Family family, const Installed::Entry& entry,
                         const WantedEntry& wanted) const {
    const Layout& layout = state_.layouts[index_of(family)];
    const SlotSet missing = wanted.outbounds & layout.live & ~entry.outbounds;
    const SlotSet extra = entry.outbounds & ~wanted.outbounds;
    if (entry.stale || entry.iif != wanted.iif || missing != 0 || extra != 0) {
        return false;
    }
    bool same = true;
    for_each_slot(entry.outbounds & layout.live, [&](Slot slot) {
        same = same && state_.installed.threshold(family, slot) == layout.thresholds[slot];
    });
    return same;
}

bool Planner::is_live(Family family, std::optional<Slot> slot) const {
    return slot && (state_.layouts[index_of(family)].live & slot_bit(*slot)) != 0;
}

bool Planner::has_route(const Flow& flow) {
    const Desired::Route* const route = state_.desired.find(flow);
    return route != nullptr && is_live(flow.family(), resolve(flow.family(), route->path).inbound);
}

SlotSet Planner::ruled_inbounds(const Flow& flow) const {
    SlotSet ruled = 0;
    const Layout& layout = state_.layouts[index_of(flow.family())];
    for_each_slot(layout.live, [&](Slot slot) {
        if (state_.desired.rules().any_match(layout.vifs[slot]->name, flow)) {
            ruled |= slot_bit(slot);
        }
    });
    return ruled;
}

// A route whose inbound is gone keeps its entry for when the inbound returns, but yields to a
// stream that flows from elsewhere.
std::optional<Planner::WantedEntry> Planner::wanted(const Flow& flow, const Desired::Route* route) {
    const Family family = flow.family();
    const auto iif = route != nullptr ? resolve(family, route->path).inbound : std::nullopt;
    if (!is_live(family, iif) && state_.stars.serves(flow.group)) {
        return std::nullopt;  // it would keep the stream from the (*,G) entries
    }
    const Stream* const stream = is_live(family, iif) ? nullptr : state_.streams.find(flow);
    if (stream != nullptr) {
        if (const auto wanted = wanted_of(flow, *stream)) {
            return wanted;
        }
    }
    if (!iif) {
        return std::nullopt;
    }
    WantedEntry wanted = wanted_from(*route->path->inbound.name(), *iif, flow, route->path);
    wanted.is_routed = true;
    return wanted;
}

std::optional<Planner::WantedEntry> Planner::wanted_of(const Flow& flow, const Stream& stream) {
    const Slots& slots = state_.slots[index_of(flow.family())];
    const IfName& inbound = state_.streams.inbound_of(stream);
    const std::optional<Slot> iif = slots.find(inbound);
    if (!iif) {
        return std::nullopt;
    }
    const WantedEntry wanted = wanted_from(inbound, *iif, flow, nullptr);
    const SlotSet ruled =
        wanted.is_ruled || !is_live(flow.family(), iif) ? 0 : ruled_inbounds(flow);
    if (ruled == 0) {
        return wanted;
    }
    const Slot awaited = awaited_slot(flow.family(), stream, ruled);
    return wanted_from(*slots.name(awaited), awaited, flow, nullptr);
}

// The first by name, so that the choice does not depend on history.
Slot Planner::awaited_slot(Family family, const Stream& stream, SlotSet ruled) const {
    const std::optional<Slot> awaited = stream.awaited();
    if (awaited && (ruled & slot_bit(*awaited)) != 0) {
        return *awaited;
    }
    const Slots& slots = state_.slots[index_of(family)];
    auto first = static_cast<Slot>(std::countr_zero(ruled));
    for_each_slot(
        ruled, [&](Slot slot) { first = *slots.name(slot) < *slots.name(first) ? slot : first; });
    return first;
}

// The union over the route itself and every rule that matches. The inbound is not its own outbound
// unless one line names exactly that.
Planner::WantedEntry Planner::wanted_from(const IfName& inbound, Slot iif, const Flow& flow,
                                          const Path* own) {
    WantedEntry wanted{.iif = iif};
    const auto add = [&](const Path* path) {
        const ResolvedPath resolved = resolve(flow.family(), path);
        const SlotSet back = resolved.loops ? 0 : slot_bit(iif);
        wanted.outbounds |= resolved.outbounds & ~back;
    };
    if (own != nullptr) {
        add(own);
    }
    state_.desired.rules().for_each_match(inbound, flow, [&](const Rule& rule) {
        add(rule.path);
        wanted.is_ruled = true;
    });
    wanted.outbounds &= ~state_.layouts[index_of(flow.family())].closed;
    return wanted;
}

Planner::ResolvedPath Planner::resolve(Family family, const Path* path) {
    if (path == last_path_) {
        return last_;
    }
    if (last_path_ != nullptr) {
        resolved_.emplace(last_path_, last_);
    }
    const auto known = resolved_.find(path);
    last_path_ = path;
    last_ = known != resolved_.end() ? known->second : resolve_anew(family, *path);
    return last_;
}

Planner::ResolvedPath Planner::resolve_anew(Family family, const Path& path) const {
    const Slots& slots = state_.slots[index_of(family)];
    ResolvedPath resolved;
    const std::optional<IfName> inbound = path.inbound.name();
    resolved.inbound = inbound ? slots.find(*inbound) : std::nullopt;
    for (const IfPattern& outbound : path.outbounds) {
        resolved.loops = resolved.loops || (inbound && outbound == path.inbound);
        resolved.outbounds |= slots_named(outbound, slots, state_.layouts[index_of(family)]);
    }
    return resolved;
}

}  // namespace smcroute
