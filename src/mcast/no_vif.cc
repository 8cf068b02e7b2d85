// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/no_vif.h"

#include <algorithm>

namespace smcroute {

namespace {

bool contains(const std::vector<IfName>& names, const IfName& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// For an interface that exists and has no slot in the layout.
NoVif why_left_out(const Layout& layout, const Interface& interface, const Desired& desired) {
    return !desired.phyint(interface.name).enable.value_or(true) ? NoVif::kDisabled
           : contains(layout.beyond_ipv6, interface.name)        ? NoVif::kBeyondIpv6
           : contains(layout.unfit, interface.name)              ? NoVif::kNoSlot
           : !interface.multicast                                ? NoVif::kNoMulticast
                                                                 : NoVif::kUnnamed;
}

}  // namespace

std::string_view to_string(NoVif reason) {
    switch (reason) {
        case NoVif::kMissing:
            return "missing";
        case NoVif::kDisabled:
            return "disabled";
        case NoVif::kNoSlot:
            return "no slot";
        case NoVif::kBeyondIpv6:
            return "index above 65535";
        case NoVif::kNoMulticast:
            return "no multicast flag";
        case NoVif::kUnnamed:
            return "not named";
        case NoVif::kRefused:
            return "refused by the kernel";
        case NoVif::kNotJoined:
            return "not joined";
    }
    return "";
}

std::optional<NoVif> why_no_vif(Family family, const IfName& name, const RouterState& state) {
    const Interface* const interface = state.interfaces.find(name);
    if (interface == nullptr) {
        return NoVif::kMissing;
    }
    const Layout& layout = state.layouts[index_of(family)];
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        if (layout.vifs[slot] && layout.vifs[slot]->ifindex == interface->ifindex) {
            const auto& vif = state.installed.vif(family, slot);
            const bool there = vif && vif->ifindex == interface->ifindex;
            return there ? std::nullopt : std::optional(NoVif::kRefused);
        }
    }
    return layout.made ? std::optional(why_left_out(layout, *interface, state.desired))
                       : std::nullopt;
}

std::optional<NoVif> why_pending(Family family, const IfPattern& named, const RouterState& state) {
    const auto name = named.name();
    return name ? why_no_vif(family, *name, state) : std::nullopt;
}

std::optional<NoVif> why_join_pending(const JoinSpec& join, const RouterState& state) {
    size_t interfaces = 0;
    for_each_interface(join.interface, state.interfaces,
                       [&interfaces](const Interface& /*interface*/) { ++interfaces; });
    if (interfaces == 0) {
        return join.interface.is_wildcard() ? std::nullopt : std::optional(NoVif::kMissing);
    }
    const uint64_t sources = join.source.is_any() ? 1 : join.source.size();
    const bool joined =
        state.installed.count_joined(join) >= interfaces * join.group.size() * sources;
    return joined ? std::nullopt : std::optional(NoVif::kNotJoined);
}

size_t pending_count(const RouterState& state) {
    size_t count = 0;
    state.desired.for_each_path([&](Family family, const Path& path, uint32_t uses) {
        const auto waits = [&](const IfPattern& named) {
            return why_pending(family, named, state).has_value();
        };
        if (waits(path.inbound) ||
            std::any_of(path.outbounds.begin(), path.outbounds.end(), waits)) {
            count += uses;
        }
    });
    for (const auto& [join, origin] : state.desired.joins()) {
        count += why_join_pending(join, state) ? 1U : 0U;
    }
    return count;
}

std::map<IfName, NoVif> pending_interfaces(const RouterState& state) {
    std::map<IfName, NoVif> pending;
    const auto add = [&pending](const IfPattern& named, std::optional<NoVif> why) {
        if (const auto name = named.name(); name && why) {
            pending.emplace(*name, *why);
        }
    };
    state.desired.for_each_path([&](Family family, const Path& path, uint32_t /*uses*/) {
        add(path.inbound, why_pending(family, path.inbound, state));
        for (const IfPattern& outbound : path.outbounds) {
            add(outbound, why_pending(family, outbound, state));
        }
    });
    for (const auto& [join, origin] : state.desired.joins()) {
        add(join.interface, why_join_pending(join, state));
    }
    return pending;
}

}  // namespace smcroute
