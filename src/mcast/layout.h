// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Layout: which interface is to have which slot of one family's VIF table, decided from what is
// desired and which interfaces exist (SPEC R31, R32). Slots are given first to interfaces that a
// line names, in the order of the lines, then, unless switched off, to every other
// multicast-capable one while slots last. The planner compares a Layout with Installed.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "mcast/desired.h"
#include "mcast/interfaces.h"
#include "mcast/op.h"
#include "mcast/slots.h"

namespace smcroute {

struct Layout {
    bool made = false;  // false: the kernel does not route this family
    // For each slot the interface whose VIF belongs there now.
    std::array<std::optional<Interface>, kSlotCount> vifs;
    SlotSet live = 0;    // the slots of `vifs` that are set
    SlotSet closed = 0;  // those of them that no packet's TTL exceeds
    Ttls thresholds{};   // for each live slot; 1 where no line says otherwise
    // Interfaces that should have had a VIF, had there been a slot.
    std::vector<IfName> unfit;
    // IPv6 interfaces whose ifindex the kernel's MIF table cannot hold (SPEC R33).
    std::vector<IfName> beyond_ipv6;
};

struct LayoutInput {
    const Desired& desired;
    const Interfaces& interfaces;
    bool default_vifs = true;  // false with -N: only named interfaces get a VIF
    SlotSet mentioned = 0;     // slots that a kernel entry mentions, which nobody else may have
};

// Gives slots to those that need one, in `slots`, and returns who is to be where.
Layout lay_out(Family family, const LayoutInput& input, Slots& slots);

}  // namespace smcroute
