// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// NearestLine: of a stream that no line covers, the line that covers its group and comes closest,
// and what that line wants instead. The index is made when it is first asked for.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "mcast/planner.h"

namespace smcroute {

class NearestLine {
public:
    explicit NearestLine(const RouterState& state) : state_(state) {}

    // "smcroute.conf:4 wants source 10.0.0.3", "route of a client wants …", or nothing. `files` as
    // in Origin.
    std::string text(const Flow& flow, const IfName& inbound, std::span<const std::string> files);

private:
    struct Line {
        IfPattern inbound;
        Prefix source;
        Origin origin;
    };

    void make_index();
    std::optional<Line> route_of(const Address& group) const;
    // The rule of this group from this inbound, else any of this group.
    std::optional<Line> rule_of(const Address& group, const IfName& inbound) const;

    const RouterState& state_;
    bool has_index_ = false;
    // By group; for each inbound the rule that was written first.
    std::map<Prefix, std::map<IfPattern, Line>> rules_;
    std::array<std::set<uint8_t>, kFamilies.size()> lengths_;  // of the groups in rules_
};

}  // namespace smcroute
