// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/op.h"

#include "base/text.h"

namespace smcroute {

namespace {

std::string_view vif_word(Family family) { return family == Family::kIpv4 ? "VIF" : "MIF"; }

std::string group_text(const Flow& flow) {
    return flow.source.is_any() ? to_string(flow.group) : to_string(flow);
}

struct Describe {
    std::string operator()(const AddVif& op) const {
        return cat({"add ", vif_word(op.family), " for ", op.name.view()});
    }
    std::string operator()(const DelVif& op) const {
        return cat({"delete ", vif_word(op.family), " of ", op.name.view()});
    }
    std::string operator()(const PutEntry& op) const {
        return cat({"install ", to_string(op.flow)});
    }
    std::string operator()(const DelEntry& op) const {
        return cat({"remove ", to_string(op.flow)});
    }
    std::string operator()(const Join& op) const {
        return cat({"join ", group_text(op.membership.flow), " on ", op.membership.name.view()});
    }
    std::string operator()(const Leave& op) const {
        return cat({"leave ", group_text(op.membership.flow), " on ", op.membership.name.view()});
    }
};

}  // namespace

SlotSet outbounds_of(const Ttls& ttls) {
    SlotSet set = 0;
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        if (ttls[slot] != 0) {
            set |= slot_bit(slot);
        }
    }
    return set;
}

std::string describe(const Op& op) { return std::visit(Describe{}, op); }

}  // namespace smcroute
