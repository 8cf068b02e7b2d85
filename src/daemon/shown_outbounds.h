// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The outbounds of entries as they are shown (SPEC R60): those that the kernel has, and those that
// a line asks for and the kernel has not.
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

    // What was worked out before counts no more.
    void begin();
    // The four columns of an entry. `route`: that decides it, if one does.
    void add(const Flow& flow, const Installed::Entry& entry, const Desired::Route* route,
             Row& row);

private:
    // Names with spaces between.
    struct Words {
        std::string held;     // the kernel sends there
        std::string down;     // those of them that are down
        std::string gone;     // not there: they do not exist
        std::string no_slot;  // not there for another reason
    };

    void add_slots(Family family, const Installed::Entry& entry);
    void add_absent(const Path* path, Family family);
    const Words& absent(const Path* path, Family family);

    const RouterState& state_;
    std::array<SlotSet, kFamilies.size()> down_{};
    std::unordered_map<const Path*, Words> absent_;  // of each path
    Words words_;
};

}  // namespace smcroute
