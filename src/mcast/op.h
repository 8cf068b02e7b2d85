// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Op: one step that brings the kernel closer to what is desired. The planner emits ops, the applier
// hands each to the kernel, and Installed records those that succeeded.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <variant>

#include "mcast/address.h"
#include "mcast/if_name.h"
#include "mcast/route.h"

namespace smcroute {

// Index of a VIF or MIF in its family's kernel table: MAXVIFS and MAXMIFS are both 32.
using Slot = uint8_t;
inline constexpr Slot kSlotCount = 32;

// A set of slots, one bit each.
using SlotSet = uint32_t;
constexpr SlotSet slot_bit(Slot slot) { return SlotSet{1} << slot; }

// For each slot the TTL that a packet must exceed to leave there; 0 means the slot is no outbound.
// IPv6 knows only 0 and 1 (KERNEL.md, VIFs: the kernel has a bitmap there).
using Ttls = std::array<uint8_t, kSlotCount>;
// The kernel treats this threshold as no outbound either.
inline constexpr uint8_t kClosedThreshold = 255;
SlotSet outbounds_of(const Ttls& ttls);

struct AddVif {
    Family family = Family::kIpv4;
    Slot slot = 0;
    IfName name;
    unsigned ifindex = 0;
};

// Deleting a VIF that the kernel has already dropped is a success.
struct DelVif {
    Family family = Family::kIpv4;
    Slot slot = 0;
    IfName name;
};

// Adds an entry or replaces the one with that key; counters survive a replacement. The key is the
// flow, for any source the group and the iif: several (*,G) entries may stand side by side, and a
// packet that no (S,G) entry matches is judged by the newest one that has the packet's interface
// among its outbounds or as its iif. The kernel silently leaves out every outbound whose VIF does
// not exist, and a (*,G) entry whose iif has no VIF takes no packets.
struct PutEntry {
    Flow flow;
    Slot iif = 0;
    Ttls ttls{};
    // For any source: the entry takes no packets yet, it only gets its place in that order.
    bool hidden = false;
};

struct DelEntry {
    Flow flow;
    Slot iif = 0;  // for any source: part of the key
};

// A membership is held by interface index; the name is for messages. An any-source join has the
// family's any address as source.
struct Membership {
    unsigned ifindex = 0;
    IfName name;
    Flow flow;

    friend auto operator<=>(const Membership&, const Membership&) = default;
};

struct Join {
    Membership membership;
};

// Leaving a group on an interface that is gone is a success; it frees the dead index.
struct Leave {
    Membership membership;
};

using Op = std::variant<AddVif, DelVif, PutEntry, DelEntry, Join, Leave>;

// The op as text that follows "cannot": "add VIF for eth1", "install (1.2.3.4, 225.1.2.3)", "join
// 225.1.2.3 on eth0".
std::string describe(const Op& op);
// The same for an op that is done: "added VIF for eth1".
std::string describe_done(const Op& op);

}  // namespace smcroute
