// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The outbounds of entries as they are shown (SPEC R60): those that the kernel has, and those that
// a line asks for and the kernel does not have.
#pragma once

#include <array>
#include <string>
#include <unordered_map>

#include "mcast/planner.h"
#include "view/schema.h"

namespace smcroute {

class ShownOutbounds {
public:
    explicit ShownOutbounds(const RouterState& state) : state_(state) {}

    // Starts again: forgets all earlier results.
    void begin();
    // Adds the four columns of an entry. `route`: the route that decides it, if one does.
    void add(const Flow& flow, const Installed::Entry& entry, const Desired::Route* route,
             Row& row);

private:
    // Names separated by spaces.
    struct Words {
        std::string held;     // outbounds the kernel sends to
        std::string down;     // those of `held` that are down
        std::string gone;     // missing because the interface does not exist
        std::string no_slot;  // missing for another reason
    };

    void add_slots(Family family, const Installed::Entry& entry);
    void add_absent(const Path* path, Family family);
    const Words& absent(const Path* path, Family family);

    const RouterState& state_;
    std::array<SlotSet, kFamilies.size()> down_{};
    std::unordered_map<const Path*, Words> absent_;  // by path
    Words words_;
};

}  // namespace smcroute
