// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/installed.h"

#include <algorithm>

#include "mcast/slots.h"

namespace smcroute {

namespace {

// Ignores the interface.
bool covers(const JoinSpec& join, const Flow& flow) {
    return join.group.contains(flow.group) && join.source.is_any() == flow.source.is_any() &&
           join.source.contains(flow.source);
}

// The greatest possible flow.
Flow last_flow() {
    Address::Ipv6Bytes ones;
    ones.fill(0xff);
    const Address last = *Address::from_ipv6(ones);
    return {last, last};
}

}  // namespace

const Installed::Entry* Installed::record(const Op& op) {
    if (const auto* const add = std::get_if<AddVif>(&op)) {
        Table& table = tables_[index_of(add->family)];
        table.vifs[add->slot] = Vif{add->name, add->ifindex};
        table.live |= slot_bit(add->slot);
    } else if (const auto* const del = std::get_if<DelVif>(&op)) {
        Table& table = tables_[index_of(del->family)];
        table.vifs[del->slot].reset();
        table.live &= ~slot_bit(del->slot);
    } else if (const auto* const put = std::get_if<PutEntry>(&op)) {
        return record_put(*put);
    } else if (const auto* const del_entry = std::get_if<DelEntry>(&op)) {
        record_del(*del_entry);
    } else if (const auto* const join = std::get_if<Join>(&op)) {
        memberships_.insert(join->membership);
    } else if (const auto* const leave = std::get_if<Leave>(&op)) {
        memberships_.erase(leave->membership);
    }
    return nullptr;
}

const Installed::Entry* Installed::record_put(const PutEntry& op) {
    const Family family = op.flow.family();
    SlotSet held = 0;
    for_each_slot(live(family), [&](Slot slot) {
        if (op.ttls[slot] != 0) {
            held |= slot_bit(slot);
            note_threshold(family, slot, op.ttls[slot]);
        }
    });
    const auto [entry, is_new] = make(op.flow, op.iif);
    if (!is_new) {
        count(tables_[index_of(family)], *entry, -1);
    }
    entry->outbounds = held;
    entry->seen_by = entry->iif == op.iif ? entry->seen_by : kSlotCount;
    entry->iif = op.iif;
    entry->stale = op.hidden;
    if (is_new) {
        entry->since = now_;
    }
    count(tables_[index_of(family)], *entry, +1);
    return entry;
}

void Installed::record_del(const DelEntry& op) {
    Table& table = tables_[index_of(op.flow.family())];
    if (op.flow.source.is_any()) {
        const auto it = stars_.find({op.flow.group, op.iif});
        if (it != stars_.end()) {
            count(table, it->second.entry, -1);
            stars_.erase(it);
        }
    } else if (const Entry* const entry = find(op.flow)) {
        count(table, *entry, -1);
        entries_.erase(op.flow);
    }
}

std::pair<Installed::Entry*, bool> Installed::make(const Flow& flow, Slot iif) {
    if (!flow.source.is_any()) {
        const auto [entry, is_new] = entries_.try_emplace(flow);
        return {entry, is_new};
    }
    const auto [it, is_new] = stars_.try_emplace({flow.group, iif});
    if (is_new) {
        it->second.order = ++last_order_;
    }
    return {&it->second.entry, is_new};
}

const Installed::Star* Installed::find_star(const StarKey& key) const {
    const auto it = stars_.find(key);
    return it == stars_.end() ? nullptr : &it->second;
}

void Installed::adopt(const PutEntry& found, SlotSet doubtful) {
    Table& table = tables_[index_of(found.flow.family())];
    const SlotSet told = outbounds_of(found.ttls);
    Entry entry{.outbounds = told | doubtful,
                .since = now_,
                .iif = found.iif,
                .stale = doubtful != 0 || found.hidden};
    for_each_slot(told, [&](Slot slot) {
        uint8_t& known = table.thresholds[slot];
        known = known == 0 ? found.ttls[slot] : known;
        entry.stale = entry.stale || known != found.ttls[slot];
    });
    if (const auto [adopted, is_new] = make(found.flow, found.iif); is_new) {
        *adopted = entry;
        count(table, entry, +1);
    }
}

// One number for each slot instead of 32 for each entry: when a slot is first written with another
// threshold, the entries that still have the old one become stale until their own turn.
void Installed::note_threshold(Family family, Slot slot, uint8_t ttl) {
    uint8_t& known = tables_[index_of(family)].thresholds[slot];
    if (known == ttl) {
        return;
    }
    known = ttl;
    if (tables_[index_of(family)].mentions[slot] == 0) {
        return;
    }
    const auto judge = [&](Family of, Entry& entry) {
        entry.stale = entry.stale || (of == family && (entry.outbounds & slot_bit(slot)) != 0);
    };
    entries_.for_each(judge);
    for (auto& [key, star] : stars_) {
        judge(key.group.family(), star.entry);
    }
}

void Installed::count(Table& table, const Entry& entry, int by) {
    for_each_slot(entry.outbounds | slot_bit(entry.iif),
                  [&table, by](Slot slot) { table.mentions[slot] += static_cast<uint32_t>(by); });
}

void Installed::set_time(TimePoint now) {
    now_ = static_cast<uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
}

std::chrono::seconds Installed::age_of(const Entry& entry) const {
    return std::chrono::seconds(now_ - entry.since);
}

SlotSet Installed::mentioned(Family family) const {
    SlotSet set = 0;
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        if (tables_[index_of(family)].mentions[slot] > 0) {
            set |= slot_bit(slot);
        }
    }
    return set;
}

// Memberships are sorted by interface, then by group.
size_t Installed::count_joined(const JoinSpec& join) const {
    const Address first_source = Address::any(join.group.family());
    const Address last_group = join.group.last();
    size_t count = 0;
    for (auto it = memberships_.begin(); it != memberships_.end();) {
        const auto [ifindex, name, flow] = *it;
        if (join.interface.matches(name)) {
            it = memberships_.lower_bound({ifindex, name, {join.group.address(), first_source}});
            for (; it != memberships_.end() && it->ifindex == ifindex && it->name == name &&
                   it->flow.group <= last_group;
                 ++it) {
                count += covers(join, it->flow) ? 1U : 0U;
            }
        }
        it = memberships_.upper_bound({ifindex, name, last_flow()});
    }
    return count;
}

void Installed::note_seen_by(const Flow& flow, Slot slot) {
    Entry* const entry = entries_.find(flow);
    if (entry != nullptr && entry->iif != slot) {
        entry->seen_by = slot;
    }
}

bool Installed::mark_stale(const Flow& flow) {
    if (flow.source.is_any()) {
        bool any = false;
        for (auto it = stars_.lower_bound({flow.group, 0});
             it != stars_.end() && it->first.group == flow.group; ++it) {
            it->second.entry.stale = any = true;
            it->second.order = 0;
        }
        return any;
    }
    Entry* const entry = entries_.find(flow);
    if (entry != nullptr) {
        entry->stale = true;
    }
    return entry != nullptr;
}

}  // namespace smcroute
