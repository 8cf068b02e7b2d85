// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Lint: what is valid but can only be a mistake (SPEC R16). warnings_of() judges one route or join
// by itself, from a file or a client alike; ConfigLint judges the lines of a configuration against
// each other. Nothing here changes what takes effect.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "config/diagnostic.h"
#include "config/rule_index.h"
#include "mcast/route.h"

namespace smcroute {

// The parts of a route or join, in the order of the keywords from, source, except, group, to.
enum class Clause : uint8_t { kFrom, kSource, kExcept, kGroup, kTo };

struct Warning {
    Clause clause = Clause::kGroup;  // what to point at
    size_t index = 0;                // which outbound, for kTo
    std::string text;

    friend bool operator==(const Warning&, const Warning&) = default;
};

std::vector<Warning> warnings_of(const RouteSpec& route);
std::vector<Warning> warnings_of(const JoinSpec& join);

class ConfigLint {
public:
    // Takes note of a line. Rules are copied, exact routes are not kept.
    void add(const RouteSpec& route, const Origin& origin);
    void add(const PhyintSpec& phyint, const Origin& origin);

    // One warning, for the line as a whole, for each rule that another rule wholly covers with at
    // least its outbounds, and for each ttl-threshold on an interface that an IPv6 route uses as
    // outbound. Lines that add up to one rule or route are Desired's to notice; exact routes are
    // not covered by rules, since being installed ahead of traffic they have a use of their own.
    // `files` are the names that Origin.file indexes. Time grows with the number of rules, not its
    // square: after a fixed number of comparisons for a rule it gives up on that rule.
    std::vector<Diagnostic> warnings(std::span<const std::string> files) const;

private:
    struct Threshold {
        IfPattern interface;
        Origin origin;
    };

    bool has_ipv6_outbound(const IfPattern& interface) const;

    std::vector<PlacedRule> rules_;
    std::vector<Threshold> thresholds_;
    std::unordered_set<IfPattern> ipv6_outbounds_;
};

}  // namespace smcroute
