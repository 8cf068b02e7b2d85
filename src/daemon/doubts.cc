// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/doubts.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "config/if_doubt.h"
#include "config/lint.h"
#include "mcast/no_vif.h"

namespace smcroute {

namespace {

using Texts = std::vector<std::string>;
using Names = std::vector<IfName>;

// The interfaces that a line names in full, each once.
Names names_in(const RouteSpec& route) {
    Names names;
    names.reserve(1 + route.outbounds.size());
    const auto add = [&names](const IfPattern& pattern) {
        const auto name = pattern.name();
        if (name && std::find(names.begin(), names.end(), *name) == names.end()) {
            names.push_back(*name);
        }
    };
    add(route.inbound);
    std::for_each(route.outbounds.begin(), route.outbounds.end(), add);
    return names;
}

Names names_in(const JoinSpec& join) {
    const auto name = join.interface.name();
    return name ? Names{*name} : Names{};
}

Texts waits_for(const Names& names, std::string_view what, const Interfaces& present) {
    Texts texts;
    for (const IfName& name : names) {
        if (present.find(name) == nullptr) {
            texts.push_back(
                compose("{}; the {} is pending until it does", missing_text(name, present), what));
        }
    }
    return texts;
}

// What to do about it, if that is not obvious.
std::string cause_text(NoVif reason, const IfName& name, const Desired& desired,
                       std::span<const std::string> files) {
    if (const auto line = desired.disabled_by(name); reason == NoVif::kDisabled && line) {
        return compose("disabled by {}", place_of(*line, files));
    }
    return reason == NoVif::kNoSlot ? "no slot is left (phyint IFNAME disable frees one)"
                                    : std::string(to_string(reason));
}

// Leaves out missing interfaces, which are reported as such, and VIFs that the kernel refused,
// which are reported as errors.
void judge_vifs(const Names& names, Family family, const RouterState& state,
                std::span<const std::string> files, Texts& texts) {
    if (!state.layouts[index_of(family)].made) {
        texts.push_back(
            compose("{} is not routed (smcroute --show status says why)", to_string(family)));
        return;
    }
    for (const IfName& name : names) {
        const auto reason = why_no_vif(family, name, state);
        if (reason && reason != NoVif::kMissing && reason != NoVif::kRefused) {
            texts.push_back(compose("interface {} takes no part in {} routing: {}", name.view(),
                                    to_string(family),
                                    cause_text(*reason, name, state.desired, files)));
        }
    }
}

// The role of an interface for the streams of some groups.
struct Part {
    bool inbound = false;
    bool only_outbound = false;  // in some line
    bool hairpin = false;        // both in one line, by name
};

void take_part(const IfName& name, const IfPattern& inbound,
               const std::vector<IfPattern>& outbounds, Part& part) {
    const bool is_outbound = std::any_of(outbounds.begin(), outbounds.end(),
                                         [&](const auto& each) { return each.matches(name); });
    const bool is_named = std::find(outbounds.begin(), outbounds.end(), inbound) != outbounds.end();
    const bool is_inbound = inbound.matches(name);
    part.inbound = part.inbound || is_inbound;
    part.only_outbound = part.only_outbound || (is_outbound && !is_inbound);
    part.hairpin = part.hairpin || (is_inbound && is_named && !inbound.is_wildcard());
}

// Checks every rule, but only the routes of these groups: there may be many more routes.
Part part_of(const IfName& name, const Prefix& group, const RouterState& state) {
    Part part;
    for (const auto& [key, rules] : state.desired.rules().all()) {
        for (const Rule& rule : rules) {
            if (key.group.overlaps(group)) {
                take_part(name, key.inbound, rule.path->outbounds, part);
            }
        }
    }
    const Installed::Entries& entries = state.installed.entries();
    const Address last = group.last();
    auto it = entries.lower_bound({group.address(), Address::any(group.family())});
    for (; it != entries.end() && it->first.group <= last; ++it) {
        if (const Desired::Route* const route = state.desired.find(it->first)) {
            take_part(name, route->path->inbound, route->path->outbounds, part);
        }
    }
    return part;
}

// The kernel also delivers to itself what it sends to a group that is joined on that interface.
void judge_join(const IfName& name, const Prefix& group, const RouterState& state, Texts& texts) {
    const Part part = part_of(name, group, state);
    if (part.hairpin) {
        texts.push_back(
            compose("a join of {} on {}, which is its inbound and its outbound: each packet goes "
                    "out again and again until its TTL is used up",
                    to_string(group), name.view()));
    } else if (part.only_outbound && !part.inbound) {
        texts.push_back(
            compose("a join of {} on {}, which is only its outbound: the kernel counts each packet "
                    "once more",
                    to_string(group), name.view()));
    }
}

bool is_joined(const IfName& name, const RouteSpec& route, const Desired& desired,
               const Interfaces& interfaces) {
    const Interface* const interface = interfaces.find(name);
    const auto wants = [&](const Address& source) {
        return desired.wants_join(*interface, {route.group.address(), source});
    };
    return interface != nullptr && route.group.is_single() &&
           (wants(Address::any(route.group.family())) ||
            (route.source.is_single() && wants(route.source.address())));
}

}  // namespace

Texts replacements(const RouteSpec& route, const Desired& desired,
                   std::span<const std::string> files) {
    const Desired::Route* const old = route.is_exact() ? desired.find(route.flow()) : nullptr;
    if (old == nullptr || old->path->inbound == route.inbound) {
        return {};
    }
    return {compose("replaces {} of {}", to_string(spec_of(route.flow(), *old)),
                    place_of(old->origin, files))};
}

Texts doubts_of(const RouteSpec& route, const RouterState& state,
                std::span<const std::string> files) {
    Texts texts;
    judge_vifs(names_in(route), route.group.family(), state, files, texts);
    for (const IfPattern& outbound : route.outbounds) {
        const auto name = outbound.name();
        if (name && is_joined(*name, route, state.desired, state.interfaces)) {
            judge_join(*name, route.group, state, texts);
        }
    }
    return texts;
}

Texts doubts_of(const JoinSpec& join, const RouterState& state,
                std::span<const std::string> files) {
    Texts texts;
    const Names names = names_in(join);
    judge_vifs(names, join.group.family(), state, files, texts);
    for (const IfName& name : names) {
        judge_join(name, join.group, state, texts);
    }
    return texts;
}

Texts waits_of(const RouteSpec& route, const Interfaces& present) {
    return waits_for(names_in(route), "route", present);
}

Texts waits_of(const JoinSpec& join, const Interfaces& present) {
    return waits_for(names_in(join), "join", present);
}

}  // namespace smcroute
