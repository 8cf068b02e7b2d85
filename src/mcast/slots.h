// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Slots: which interface name holds which VIF or MIF index of one family. A name keeps its slot as
// long as there is room, whether the interface exists or not: kernel entries hold slot numbers, so
// an interface that returns to its old slot resumes every route that uses it.
#pragma once

#include <array>
#include <bit>
#include <optional>

#include "mcast/if_name.h"
#include "mcast/op.h"

namespace smcroute {

class Slots {
public:
    std::optional<Slot> find(const IfName& name) const;
    // The holder of a slot, if any.
    const std::optional<IfName>& name(Slot slot) const { return names_[slot]; }
    std::optional<Slot> first_free() const;
    // Gives the slot to this name, whoever held it.
    void assign(Slot slot, const IfName& name) { names_[slot] = name; }

private:
    std::array<std::optional<IfName>, kSlotCount> names_;
};

// Calls visit(Slot) for each member, lowest first.
template <typename Visit>
void for_each_slot(SlotSet set, Visit visit) {
    for (; set != 0; set &= set - 1) {
        visit(static_cast<Slot>(std::countr_zero(set)));
    }
}

}  // namespace smcroute
