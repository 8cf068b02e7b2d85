// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/layout.h"

#include <algorithm>

namespace smcroute {

namespace {

// mif6c_pifi is 16 bits wide: a larger ifindex would silently name another interface.
constexpr unsigned kMaxIpv6Ifindex = 0xffff;

struct Candidates {
    std::vector<const Interface*> interfaces;  // in the order in which slots are given
    size_t named = 0;                          // the first so many are named
};

// Appends each interface that the pattern names, once.
void append_matching(const IfPattern& pattern, const LayoutInput& input,
                     std::vector<const Interface*>& found) {
    for_each_interface(pattern, input.interfaces, [&](const Interface& interface) {
        if (input.desired.phyint(interface.name).enable.value_or(true) &&
            std::find(found.begin(), found.end(), &interface) == found.end()) {
            found.push_back(&interface);
        }
    });
}

Candidates candidates(Family family, const LayoutInput& input) {
    Candidates result;
    const auto lines = input.default_vifs || input.phyint_enables ? Desired::PhyintLines::kAll
                                                                  : Desired::PhyintLines::kEnabling;
    for (const IfPattern& pattern : input.desired.named(family, lines)) {
        append_matching(pattern, input, result.interfaces);
    }
    result.named = result.interfaces.size();
    if (!input.default_vifs) {
        return result;
    }
    for (const auto& [ifindex, interface] : input.interfaces.all()) {
        if (interface.multicast && !interface.loopback) {
            append_matching(IfPattern(interface.name), input, result.interfaces);
        }
    }
    return result;
}

// A slot whose holder may lose it: no entry uses it and none of the first `keep_count` candidates
// holds it.
std::optional<Slot> takeable(const Slots& slots, SlotSet mentioned,
                             const std::vector<const Interface*>& keep, size_t keep_count) {
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        const auto kept = [&](const Interface* interface) {
            return slots.name(slot) == interface->name;
        };
        const auto end = keep.begin() + static_cast<ptrdiff_t>(keep_count);
        if ((mentioned & slot_bit(slot)) == 0 && std::none_of(keep.begin(), end, kept)) {
            return slot;
        }
    }
    return std::nullopt;
}

}  // namespace

SlotSet slots_named(const IfPattern& pattern, const Slots& slots, const Layout& layout) {
    if (const auto name = pattern.name()) {
        const std::optional<Slot> slot = slots.find(*name);
        return slot ? slot_bit(*slot) : 0;
    }
    SlotSet set = 0;
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        const bool is_named = layout.vifs[slot]
                                  ? names(pattern, *layout.vifs[slot])
                                  : slots.name(slot) && pattern.matches(*slots.name(slot));
        set |= is_named ? slot_bit(slot) : 0;
    }
    return set;
}

Layout lay_out(Family family, const LayoutInput& input, Slots& slots) {
    Layout layout;
    layout.made = true;
    const Candidates all = candidates(family, input);
    for (size_t i = 0; i < all.interfaces.size(); ++i) {
        const Interface& interface = *all.interfaces[i];
        if (family == Family::kIpv6 && interface.ifindex > kMaxIpv6Ifindex) {
            layout.beyond_ipv6.push_back(interface.name);
            continue;
        }
        std::optional<Slot> slot = slots.find(interface.name);
        if (!slot) {
            slot = slots.first_free();
        }
        if (!slot) {
            // Any candidate may displace a holder that is gone; a named one may also displace one
            // that is not named.
            slot = takeable(slots, input.mentioned, all.interfaces, all.interfaces.size());
        }
        if (!slot && i < all.named) {
            slot = takeable(slots, input.mentioned, all.interfaces, all.named);
        }
        if (!slot) {
            layout.unfit.push_back(interface.name);
            continue;
        }
        slots.assign(*slot, interface.name);
        layout.vifs[*slot] = interface;
        layout.live |= slot_bit(*slot);
        const PhyintSpec settings = input.desired.phyint(interface.name);
        layout.thresholds[*slot] =
            family == Family::kIpv4 ? settings.ttl_threshold.value_or(1) : uint8_t{1};
        if (layout.thresholds[*slot] == kClosedThreshold) {
            layout.closed |= slot_bit(*slot);
        }
    }
    return layout;
}

}  // namespace smcroute
