// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The things an operator asks for, as values: a route or rule, a group to join, an interface's
// settings. The config parser and the command parser both produce these; Desired stores them.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mcast/address.h"
#include "mcast/if_name.h"
#include "mcast/prefix.h"

namespace smcroute {

// (S,G). Ordered by group, then source, so that a group prefix is a contiguous range.
struct Flow {
    Address group;
    Address source;

    Family family() const { return group.family(); }
    friend auto operator<=>(const Flow&, const Flow&) = default;
};

// "(1.2.3.4, 225.1.2.3)", with '*' for any source.
std::string to_string(const Flow& flow);

// An `mroute` line or `-a`: a route if inbound, source and group are exact, else a rule (SPEC R20).
// Source and group are of one family; the source is Prefix::any() if none was given.
struct RouteSpec {
    IfPattern inbound;
    Prefix source;
    Prefix group;
    std::vector<Prefix> except;        // sources the rule does not apply to
    std::vector<IfPattern> outbounds;  // as written
    bool nolearn = false;              // a rule that the kernel is to carry out by itself

    bool is_exact() const {
        return !inbound.is_wildcard() && source.is_single() && group.is_single() && except.empty();
    }
    // Only for an exact route.
    Flow flow() const { return {group.address(), source.address()}; }

    friend bool operator==(const RouteSpec&, const RouteSpec&) = default;
};

// An `mgroup` line or `-j`. The source is Prefix::any() for an any-source (ASM) join.
struct JoinSpec {
    IfPattern interface;
    Prefix source;
    Prefix group;

    friend auto operator<=>(const JoinSpec&, const JoinSpec&) = default;
};

// Calls visit(const Flow&) for each membership that the join asks for on an interface.
template <typename Visit>
void for_each_flow(const JoinSpec& join, Visit visit) {
    for_each_address(join.group, [&](const Address& group) {
        if (join.source.is_any()) {
            visit(Flow{group, join.source.address()});
            return;
        }
        for_each_address(join.source, [&](const Address& source) { visit(Flow{group, source}); });
    });
}

// A `phyint` line. Settings that a line does not give stay unset, so that lines for one interface
// merge.
struct PhyintSpec {
    IfPattern interface;
    std::optional<bool> enable = std::nullopt;
    std::optional<bool> mrdisc = std::nullopt;
    std::optional<uint8_t> ttl_threshold = std::nullopt;  // 1 to 255

    friend bool operator==(const PhyintSpec&, const PhyintSpec&) = default;
};

// The config-file forms: "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1" and so on.
std::string to_string(const RouteSpec& route);
std::string to_string(const JoinSpec& join);
std::string to_string(const PhyintSpec& phyint);

// Where a line of the running state came from: a line of a configuration file, or a client.
struct Origin {
    static constexpr uint16_t kClient = UINT16_MAX;

    uint32_t line = 0;        // 1-based
    uint16_t file = kClient;  // index into the names of the files that were read

    friend bool operator==(const Origin&, const Origin&) = default;
};

// Lines of the main file come first, those of clients last.
inline bool comes_before(const Origin& a, const Origin& b) {
    return a.file != b.file ? a.file < b.file : a.line < b.line;
}

}  // namespace smcroute

template <>
struct std::hash<smcroute::Flow> {
    size_t operator()(const smcroute::Flow& flow) const noexcept {
        return smcroute::hash_of(flow.group) * 31 + smcroute::hash_of(flow.source);
    }
};
