// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// ConfiguredLines: what the daemon, or without one the file, is told to do; and for a stream the
// lines that cover it, or the one that comes nearest.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/read_config.h"
#include "control/session.h"
#include "mcast/desired.h"

namespace smcroute {

class ConfiguredLines {
public:
    // From a daemon.
    Status read(Session& session);
    // From a file, without its lines that have errors. If it is missing, the lines are not known.
    void take(ReadConfig config);

    bool are_known() const { return known_; }
    const Desired& desired() const { return desired_; }

    // What covers a stream that comes in there.
    struct Cover {
        std::vector<RouteSpec> lines;           // the exact route alone, or all rules
        std::optional<RouteSpec> hidden;        // a rule that would, without the exact route
        std::optional<RouteSpec> excepted;      // a rule that would, without its except
        std::optional<RouteSpec> nearest = {};  // if there are no lines
        std::string differs = {};               // what of that one
        bool only_inbound_differs = false;
    };
    Cover cover(const Flow& flow, const IfName& inbound) const;

    // Calls visit(const RouteSpec&, Origin) for each, in no order of the file.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (const auto& [flow, route] : desired_.routes()) {
            visit(spec_of(flow, route), route.origin);
        }
        for (const auto& [key, rules] : desired_.rules().all()) {
            for (const Rule& rule : rules) {
                visit(spec_of(key, rule), rule.origin);
            }
        }
    }

    // "smcroute.conf:3: mroute from …".
    std::string described(const RouteSpec& line) const;

private:
    void find_nearest(const Flow& flow, const IfName& inbound, Cover& cover) const;

    bool known_ = false;
    Desired desired_;
    std::map<std::string, std::string> places_;  // by line without outbounds
};

}  // namespace smcroute
