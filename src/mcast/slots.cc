// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/slots.h"

namespace smcroute {

std::optional<Slot> Slots::find(const IfName& name) const {
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        if (names_[slot] == name) {
            return slot;
        }
    }
    return std::nullopt;
}

std::optional<Slot> Slots::first_free() const {
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        if (!names_[slot]) {
            return slot;
        }
    }
    return std::nullopt;
}

}  // namespace smcroute
