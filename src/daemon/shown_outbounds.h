// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The outbounds of entries as they are shown (SPEC R60): those that the kernel has, and those that
// a line asks for and the kernel does not have.
#pragma once

#include <array>
#include <span>
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
    // Adds the four columns of an entry, with what the paths of its lines ask for.
    void add(Family family, const Installed::Entry& entry, std::span<const Path* const> paths,
             Row& row);
    // Adds those of a line for which the kernel has no entry.
    void add(Family family, const Path& path, Row& row);
    // The VIFs that are down.
    SlotSet down(Family family) const { return down_[index_of(family)]; }

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
    void give(Row& row);

    const RouterState& state_;
    std::array<SlotSet, kFamilies.size()> down_{};
    std::unordered_map<const Path*, Words> absent_;  // by path
    Words words_;
};

}  // namespace smcroute
