// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Installed: what we have successfully put into the kernel, or found there, and nothing else. It
// changes only through record(), after the kernel accepted an op. It also models what the kernel
// does by itself: the kernel leaves an outbound without a VIF out of an entry, and entries keep
// slot numbers when a VIF goes.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "mcast/flow_map.h"
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
        SlotSet outbounds = 0;  // as the kernel holds them, even if the VIF has gone since
        uint32_t since = 0;     // when it was added, see age_of()
        Slot iif = 0;
        bool stale = false;         // the kernel may hold something else: it must be written again
        Slot seen_by = kSlotCount;  // the last other slot by which its packets came, if any
    };
    using Entries = FlowMap<Entry>;
    // The entries for any source of a group, (*,G), one for each inbound.
    struct StarKey {
        Address group;
        Slot iif = 0;

        friend auto operator<=>(const StarKey&, const StarKey&) = default;
    };
    struct Star {
        Entry entry;
        // Greater than that of every older one, see PutEntry. 0: not known, the kernel may have
        // lost it meanwhile.
        uint32_t order = 0;
    };
    using Stars = std::map<StarKey, Star>;

    // Returns the entry that the op has put; null after any other op.
    const Entry* record(const Op& op);
    // Takes over an entry found in the kernel that another daemon wrote, of several for any source
    // and one group the oldest first. Its outbounds may include the `doubtful` slots; if there are
    // any, the entry is stale. It is also stale if a slot's threshold differs from that of the
    // entries adopted before.
    void adopt(const PutEntry& found, SlotSet doubtful);

    // Sets the time of everything recorded from here on. Never earlier than before.
    void set_time(TimePoint now);
    // How long ago the entry was added or adopted, as of the last set_time(). A replacement does
    // not reset it.
    std::chrono::seconds age_of(const Entry& entry) const;

    const std::optional<Vif>& vif(Family family, Slot slot) const {
        return tables_[index_of(family)].vifs[slot];
    }
    // The slots that hold a VIF.
    SlotSet live(Family family) const { return tables_[index_of(family)].live; }

    const Entries& entries() const { return entries_; }
    // Valid until the next record() or adopt(); null if there is none.
    const Entry* find(const Flow& flow) const { return entries_.find(flow); }
    const Stars& stars() const { return stars_; }
    // Null if there is none.
    const Star* find_star(const StarKey& key) const;
    // The first one of the group, if there is any.
    Stars::const_iterator first_star(const Address& group) const {
        return stars_.lower_bound({group, 0});
    }
    bool empty() const { return entries_.empty() && stars_.empty(); }
    // The slots that some entry uses as inbound or outbound.
    SlotSet mentioned(Family family) const;
    // The TTL threshold of this slot in the entries that are not stale.
    uint8_t threshold(Family family, Slot slot) const {
        return tables_[index_of(family)].thresholds[slot];
    }
    // The kernel was seen to hold something else, or may do so. For any source, all entries of the
    // group are meant. Returns false if no such entry is known.
    bool mark_stale(const Flow& flow);
    // The kernel reported a packet of the entry by another slot than its iif.
    void note_seen_by(const Flow& flow, Slot slot);

    const std::set<Membership>& memberships() const { return memberships_; }
    // How many memberships the join has produced.
    size_t count_joined(const JoinSpec& join) const;

private:
    struct Table {
        std::array<std::optional<Vif>, kSlotCount> vifs;
        SlotSet live = 0;  // the slots whose VIF is set
        std::array<uint32_t, kSlotCount> mentions{};
        Ttls thresholds{};
    };

    const Entry* record_put(const PutEntry& op);
    void record_del(const DelEntry& op);
    // The entry with that key, and whether it was made for that.
    std::pair<Entry*, bool> make(const Flow& flow, Slot iif);
    void note_threshold(Family family, Slot slot, uint8_t ttl);
    static void count(Table& table, const Entry& entry, int by);

    std::array<Table, kFamilies.size()> tables_;
    Entries entries_;
    Stars stars_;
    uint32_t last_order_ = 0;
    std::set<Membership> memberships_;
    uint32_t now_ = 0;  // in seconds
};

}  // namespace smcroute
