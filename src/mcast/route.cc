// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/route.h"

#include "base/text.h"

namespace smcroute {

std::string to_string(const Flow& flow) {
    return compose("({}, {})", flow.source.is_any() ? "*" : to_string(flow.source),
                   to_string(flow.group));
}

std::string to_string(const RouteSpec& route) {
    std::string text = compose("mroute from {}", to_string(route.inbound));
    if (!route.source.is_any()) {
        text += compose(" source {}", to_string(route.source));
    }
    for (size_t i = 0; i < route.except.size(); ++i) {
        text += compose("{}{}", i == 0 ? " except " : ",", to_string(route.except[i]));
    }
    text += compose(" group {}{}", to_string(route.group), route.nolearn ? " nolearn" : "");
    for (size_t i = 0; i < route.outbounds.size(); ++i) {
        text += compose("{}{}", i == 0 ? " to " : " ", to_string(route.outbounds[i]));
    }
    return text;
}

std::string to_string(const JoinSpec& join) {
    std::string text = compose("mgroup from {}", to_string(join.interface));
    if (!join.source.is_any()) {
        text += compose(" source {}", to_string(join.source));
    }
    return text + compose(" group {}", to_string(join.group));
}

std::string to_string(const PhyintSpec& phyint) {
    std::string text = compose("phyint {}", to_string(phyint.interface));
    if (phyint.enable) {
        text += *phyint.enable ? " enable" : " disable";
    }
    if (phyint.mrdisc.value_or(false)) {
        text += " mrdisc";
    }
    if (phyint.ttl_threshold) {
        text += compose(" ttl-threshold {}", *phyint.ttl_threshold);
    }
    return text;
}

}  // namespace smcroute
