// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// That two configurations are the same in all that a daemon goes by: what is asked for, from which
// line, and which name came first.
#pragma once

#include "base/check.h"
#include "mcast/desired_diff.h"

namespace smcroute {

inline void check_same(const Desired& a, const Desired& b) {
    CHECK(diff(a, b).empty());
    for (const Family family : kFamilies) {
        CHECK(a.named(family) == b.named(family));
    }
    for (const auto& [flow, route] : a.routes()) {
        CHECK(b.find(flow)->origin == route.origin);
    }
    CHECK(a.joins() == b.joins());
    CHECK(a.route_count() == b.route_count());
}

}  // namespace smcroute
