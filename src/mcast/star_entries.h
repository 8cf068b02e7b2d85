// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What `nolearn` rules ask of the kernel: for each inbound of a group one entry for any source,
// (*,G), so that no stream of the group must be learned (SPEC R29). The kernel looks for an (S,G)
// entry first, whatever its iif, and then takes the newest (*,G) entry that has the packet's
// interface among its outbounds or as its iif; only its iif may be where the packet came in. So a
// group is either served by such entries alone, beside exact routes, or all of its streams are
// learned: one learned entry would keep a source from all of them. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "mcast/desired.h"
#include "mcast/layout.h"
#include "mcast/op.h"
#include "mcast/slots.h"

namespace smcroute {

// Why a rule learns although it says nolearn.
enum class WhyLearns : uint8_t {
    kGroups,  // it takes a range of groups
    kSource,  // it does not take every source
    kExcept,
    kLoop,   // its inbound is its outbound too: the kernel never sends back by a (*,G) entry
    kOther,  // another rule that takes the group learns
    kCycle,  // the rules of the group lead in a circle: whichever entry is older takes no packets
};
std::string_view to_string(WhyLearns why);

// What keeps this rule from it by itself.
std::optional<WhyLearns> why_learns(const RouteSpec& rule);

struct StarEntry {
    Slot iif = 0;
    SlotSet outbounds =
        0;  // without the iif; that have a slot, whether the interface exists or not

    friend bool operator==(const StarEntry&, const StarEntry&) = default;
};

// A group that some rule could have served without learning.
struct StarGroup {
    std::optional<WhyLearns> why = std::nullopt;  // set if it is learned all the same
    Origin because{};                             // of the other rule, for kOther
    // The entries in the order in which they must be added. None if it is learned.
    std::vector<StarEntry> entries;

    friend bool operator==(const StarGroup&, const StarGroup&) = default;
};

struct StarInput {
    const Desired& desired;
    const std::array<Slots, kFamilies.size()>& slots;
    const std::array<Layout, kFamilies.size()>& layouts;
};

// Nothing if no rule could.
std::optional<StarGroup> star_group_of(const Address& group, const StarInput& input);

SlotSet inbounds_of(const std::vector<StarEntry>& entries);

// The interfaces of the group that are both inbound and outbound of it, and those that send there:
// their entries depend on the order.
SlotSet chained(const std::vector<StarEntry>& entries);

class Stars {
public:
    using Groups = std::map<Address, StarGroup>;

    // Brings all groups up to date, or those in a prefix. Returns those that differ now.
    std::vector<Address> update(const StarInput& input);
    std::vector<Address> update(const StarInput& input, const Prefix& groups);

    const Groups& groups() const { return groups_; }
    // Null if no rule could serve it.
    const StarGroup* find(const Address& group) const;
    // Whether (*,G) entries take this group, and none of its streams is learned.
    bool serves(const Address& group) const;

private:
    void update_one(const Address& group, const StarInput& input, std::vector<Address>& changed);

    Groups groups_;
};

}  // namespace smcroute
