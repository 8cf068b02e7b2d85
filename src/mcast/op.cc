// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/op.h"

#include <cstring>

#include "base/text.h"

namespace smcroute {

namespace {

std::string_view vif_word(Family family) { return family == Family::kIpv4 ? "VIF" : "MIF"; }

std::string group_text(const Flow& flow) {
    return flow.source.is_any() ? to_string(flow.group) : to_string(flow);
}

// The verb is as in "cannot add", or "added" once it is done.
struct Describe {
    bool done;

    std::string operator()(const AddVif& op) const {
        return compose("{}{} for {}", done ? "added " : "add ", vif_word(op.family),
                       op.name.view());
    }
    std::string operator()(const DelVif& op) const {
        return compose("{}{} of {}", done ? "deleted " : "delete ", vif_word(op.family),
                       op.name.view());
    }
    std::string operator()(const PutEntry& op) const {
        return compose("{}{}", done ? "installed " : "install ", to_string(op.flow));
    }
    std::string operator()(const DelEntry& op) const {
        return compose("{}{}", done ? "removed " : "remove ", to_string(op.flow));
    }
    std::string operator()(const Join& op) const {
        return membership(done ? "joined " : "join ", op.membership);
    }
    std::string operator()(const Leave& op) const {
        return membership(done ? "left " : "leave ", op.membership);
    }

    static std::string membership(std::string_view verb, const Membership& membership) {
        return compose("{}{} on {}", verb, group_text(membership.flow), membership.name.view());
    }
};

}  // namespace

SlotSet outbounds_of(const Ttls& ttls) {
    constexpr Slot kAtOnce = sizeof(uint64_t);  // most entries have outbounds in few of the slots
    SlotSet set = 0;
    for (Slot begin = 0; begin < kSlotCount; begin += kAtOnce) {
        uint64_t some = 0;
        memcpy(&some, &ttls[begin], kAtOnce);
        for (Slot slot = begin; some != 0 && slot < begin + kAtOnce; ++slot) {
            set |= ttls[slot] != 0 ? slot_bit(slot) : 0;
        }
    }
    return set;
}

std::string describe(const Op& op) { return std::visit(Describe{.done = false}, op); }

std::string describe_done(const Op& op) { return std::visit(Describe{.done = true}, op); }

}  // namespace smcroute
