// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Why an interface takes no part in the routing of one family. Pending lines, warnings and tables
// all show this reason.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "mcast/planner.h"

namespace smcroute {

enum class NoVif : uint8_t {
    kMissing,      // there is no such interface
    kDisabled,     // a `phyint` line says so
    kNoSlot,       // other interfaces have all slots of the kernel's table
    kBeyondIpv6,   // the kernel cannot hold its index (SPEC R33)
    kNoMulticast,  // no line names it, and it lacks the multicast flag
    kUnnamed,      // no line names it, and unnamed interfaces get no VIF (-N)
    kRefused,      // the kernel did not add the VIF
    kNotJoined,    // for a join: some or all of its groups are not joined
};

// "missing", "disabled", "no slot", "index above 65535", "no multicast flag", …
std::string_view to_string(NoVif reason);

// Nothing if the interface has its VIF, or if the kernel does not route that family at all.
std::optional<NoVif> why_no_vif(Family family, const IfName& name, const RouterState& state);

// What a route waits for, if the interface is given by its full name.
std::optional<NoVif> why_pending(Family family, const IfPattern& named, const RouterState& state);
// The same for a join, which needs no VIF.
std::optional<NoVif> why_join_pending(const JoinSpec& join, const RouterState& state);
// How many routes, rules and joins wait.
size_t pending_count(const RouterState& state);
// The interfaces, given by full name, that they wait for.
std::map<IfName, NoVif> pending_interfaces(const RouterState& state);

}  // namespace smcroute
