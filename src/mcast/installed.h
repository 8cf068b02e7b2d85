// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Installed: what we have successfully put into the kernel, or found there, and nothing else. It
// changes only through record(), after the kernel said yes, and it knows what the kernel does by
// itself: it leaves an outbound without a VIF out of an entry, and entries keep slot numbers when a
// VIF goes.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>

#include "base/chunk_map.h"
#include "mcast/op.h"
#include "mcast/route.h"
#include "mcast/time_point.h"

namespace smcroute {

class Installed {
public:
    struct Vif {
        IfName name;
        unsigned ifindex = 0;
    };
    // Small: there may be a hundred thousand.
    struct Entry {
        SlotSet outbounds = 0;  // as the kernel holds them, also where the VIF has gone since
        uint32_t since = 0;     // when it came, see age_of()
        Slot iif = 0;
        bool stale = false;  // the kernel may hold something else: write it again
    };
    using Entries = ChunkMap<Flow, Entry>;

    void record(const Op& op);
    // An entry that was found in the kernel, written by another daemon. It may have the `doubtful`
    // slots among its outbounds too; then it is stale, as it is with another threshold than that of
    // those before.
    void adopt(const PutEntry& found, SlotSet doubtful);

    // What time it is now, for what is recorded from here on. Never earlier than before.
    void set_time(TimePoint now);
    // How long ago the entry came or was adopted, as of the last set_time(); a replacement is no
    // coming.
    std::chrono::seconds age_of(const Entry& entry) const;

    const std::optional<Vif>& vif(Family family, Slot slot) const {
        return tables_[index_of(family)].vifs[slot];
    }
    // The slots that hold a VIF.
    SlotSet live(Family family) const { return tables_[index_of(family)].live; }

    const Entries& entries() const { return entries_; }
    // Until the next record() or adopt(); null if there is none.
    const Entry* find(const Flow& flow) const { return entries_.find(flow); }
    // The slots that some entry has as inbound or outbound.
    SlotSet mentioned(Family family) const;
    // The TTL threshold with which this slot stands in the entries that are not stale.
    uint8_t threshold(Family family, Slot slot) const {
        return tables_[index_of(family)].thresholds[slot];
    }
    // The kernel was seen to hold something else. False if no such entry is known.
    bool mark_stale(const Flow& flow);

    const std::set<Membership>& memberships() const { return memberships_; }
    // How many memberships the join has led to.
    size_t count_joined(const JoinSpec& join) const;

private:
    struct Table {
        std::array<std::optional<Vif>, kSlotCount> vifs;
        SlotSet live = 0;  // the set ones of vifs
        std::array<uint32_t, kSlotCount> mentions{};
        Ttls thresholds{};
    };

    void record_put(const PutEntry& op);
    void note_threshold(Family family, Slot slot, uint8_t ttl);
    static void count(Table& table, const Entry& entry, int by);

    std::array<Table, kFamilies.size()> tables_;
    Entries entries_;
    std::set<Membership> memberships_;
    uint32_t now_ = 0;  // in seconds
};

}  // namespace smcroute
