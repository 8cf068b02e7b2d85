// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Layout: the slot that each interface should have in one family's VIF table, decided from what is
// desired and which interfaces exist (SPEC R31, R32). Interfaces that a line names get slots first,
// in the order of the lines. Then, unless switched off, every other multicast-capable interface
// gets one while slots last. The planner compares a Layout with Installed.
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
    // For each slot the interface whose VIF should be there now.
    std::array<std::optional<Interface>, kSlotCount> vifs;
    SlotSet live = 0;    // the slots of `vifs` that are set
    SlotSet closed = 0;  // the live slots with threshold 255, which no packet's TTL exceeds
    Ttls thresholds{};   // for each live slot; 1 where no line says otherwise
    // Interfaces that should have a VIF, but found no free slot.
    std::vector<IfName> unfit;
    // IPv6 interfaces whose ifindex the kernel's MIF table cannot hold (SPEC R33).
    std::vector<IfName> beyond_ipv6;
};

struct LayoutInput {
    const Desired& desired;
    const Interfaces& interfaces;
    bool default_vifs = true;     // false with -N: only named interfaces get a VIF
    SlotSet mentioned = 0;        // slots that a kernel entry uses; they keep their holder
    bool phyint_enables = false;  // a `phyint` line without `enable` does so even with -N
};

// The slots of the interfaces that a pattern names, and of those that have gone and keep theirs.
SlotSet slots_named(const IfPattern& pattern, const Slots& slots, const Layout& layout);

// Assigns slots in `slots` to the interfaces that need one, and returns the layout.
Layout lay_out(Family family, const LayoutInput& input, Slots& slots);

}  // namespace smcroute
