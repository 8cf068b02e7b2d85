// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Router: a RouterState whose kernel always says yes, and words for routes, joins and ops, for the
// tests of the planner.
#pragma once

#include <string>
#include <vector>

#include "base/text.h"
#include "mcast/planner.h"
#include "test.h"

namespace smcroute::test {

using Lines = std::vector<std::string>;

inline constexpr Origin kOrigin{1, 0};

inline IfPattern pattern(std::string_view text) { return *IfPattern::parse(text); }
inline IfName name(std::string_view text) { return *IfName::parse(text); }
inline Flow flow(std::string_view source, std::string_view group) {
    return {*Address::parse(group), *Address::parse(source)};
}

inline RouteSpec route(std::string_view inbound, std::string_view source, std::string_view group,
                       const Lines& outbounds = {}) {
    RouteSpec spec{pattern(inbound), *Prefix::parse(source), *Prefix::parse(group), {}, {}};
    for (const std::string& outbound : outbounds) {
        spec.outbounds.push_back(pattern(outbound));
    }
    return spec;
}

inline RouteSpec rule(std::string_view inbound, std::string_view group,
                      const Lines& outbounds = {}) {
    return route(inbound, "0.0.0.0/0", group, outbounds);
}

inline JoinSpec join(std::string_view interface, std::string_view group) {
    return {pattern(interface), Prefix::any(Prefix::parse(group)->family()), *Prefix::parse(group)};
}

// "vif IPv4 0 eth0 2", "unvif IPv4 0 eth0", "put (1.2.3.4, 225.1.2.3) 0 > 1 2:5", "del …",
// "join 225.1.2.3 eth0 2", "leave …". IPv6 VIFs are those of IPv4 once more, and left out.
inline std::string line_of(const Op& op) {
    if (const auto* const add = std::get_if<AddVif>(&op)) {
        return compose("vif {} {} {}", add->slot, add->name.view(), add->ifindex);
    }
    if (const auto* const del = std::get_if<DelVif>(&op)) {
        return compose("unvif {} {}", del->slot, del->name.view());
    }
    if (const auto* const put = std::get_if<PutEntry>(&op)) {
        std::string text =
            compose("{}{} {} >", put->hidden ? "hide " : "put ", to_string(put->flow), put->iif);
        for_each_slot(outbounds_of(put->ttls), [&](Slot slot) {
            const uint8_t ttl = put->ttls[slot];
            text += compose(" {}{}", slot, ttl == 1 ? "" : ":" + std::to_string(ttl));
        });
        return text;
    }
    if (const auto* const del_entry = std::get_if<DelEntry>(&op)) {
        return compose("del {}{}", to_string(del_entry->flow),
                       del_entry->flow.source.is_any() ? compose(" {}", del_entry->iif) : "");
    }
    const auto* const joined = std::get_if<Join>(&op);
    const Membership& membership =
        joined != nullptr ? joined->membership : std::get_if<Leave>(&op)->membership;
    return compose("{}{} {} {}", joined != nullptr ? "join " : "leave ", to_string(membership.flow),
                   membership.name.view(), membership.ifindex);
}

inline bool is_ipv6_vif(const Op& op) {
    const auto* const add = std::get_if<AddVif>(&op);
    const auto* const del = std::get_if<DelVif>(&op);
    return (add != nullptr && add->family == Family::kIpv6) ||
           (del != nullptr && del->family == Family::kIpv6);
}

// A router whose kernel always says yes. Its interfaces eth0, eth1 and eth2 have the indexes 2, 3
// and 4, and their VIFs, after the first settle(), the slots 0, 1 and 2.
struct Router {
    Router() {
        link("eth0", 2);
        link("eth1", 3);
        link("eth2", 4);
    }
    void link(std::string_view text, unsigned ifindex) {
        state.interfaces.apply({.interface = {name(text), ifindex, true, true, false}});
    }
    void unlink(unsigned ifindex) {
        state.interfaces.apply({.interface = *state.interfaces.find(ifindex), .gone = true});
    }
    template <typename Spec>
    void add(const Spec& spec) {
        state.desired.add(spec, kOrigin);
    }
    template <typename Spec>
    void remove(const Spec& spec) {
        EXPECT(state.desired.remove(spec));
    }
    void hear(const Flow& flow, std::string_view inbound) {
        state.streams.note(flow, name(inbound));
    }

    // Gives slots, as the daemon does first.
    std::vector<Op> plan(const Scope& scope = Scope::everything()) {
        for (const Family family : kFamilies) {
            const size_t index = index_of(family);
            state.layouts[index] = lay_out(
                family,
                {state.desired, state.interfaces, default_vifs, state.installed.mentioned(family)},
                state.slots[index]);
        }
        return Planner(state).plan(scope);
    }
    // Plans, applies, and returns what was done.
    Lines settle(const Scope& scope = Scope::everything()) {
        Lines lines;
        for (const Op& op : plan(scope)) {
            state.installed.record(op);
            if (!is_ipv6_vif(op)) {
                lines.push_back(line_of(op));
            }
        }
        return lines;
    }
    Lines settle_flow(const Flow& flow) { return settle(Scope{.flows = {flow}}); }
    Lines settle_range(std::string_view group, std::string_view source = "0.0.0.0/0") {
        return settle(Scope{.ranges = {{*Prefix::parse(group), *Prefix::parse(source)}}});
    }

    // "eth0 > eth1 eth2", by the names that hold the slots.
    std::string entry(const Flow& flow) const {
        const Installed::Entry* const found = state.installed.find(flow);
        if (found == nullptr) {
            return "none";
        }
        const Slots& slots = state.slots[index_of(flow.family())];
        std::string text = compose("{} >", slots.name(found->iif)->view());
        for_each_slot(found->outbounds,
                      [&](Slot slot) { text += compose(" {}", slots.name(slot)->view()); });
        return text;
    }

    RouterState state;
    bool default_vifs = true;
};

}  // namespace smcroute::test
