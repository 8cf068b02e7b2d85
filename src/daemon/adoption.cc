// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/adoption.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "base/text.h"

namespace smcroute {

namespace {

// The adoption of one family.
class Adopter {
public:
    Adopter(Family family, Kernel& kernel, VifRecords& records, RouterState& state)
        : family_(family),
          kernel_(kernel),
          records_(records),
          slots_(state.slots[index_of(family)]),
          installed_(state.installed) {}

    Status run(std::vector<AdoptedEntry>& adopted);

private:
    void doubt_all_slots();
    static VifRecord unknown(Slot slot);
    void take_slot(Slot slot, bool occupied);
    void take_vif(Slot slot, const IfName& name, unsigned ifindex);
    std::optional<Slot> slot_of(std::optional<unsigned> ifindex) const;
    void take_entry(const FoundEntry& found, std::vector<AdoptedEntry>& adopted);
    void take_lost_star(const FoundEntry& found);

    const Family family_;
    Kernel& kernel_;
    VifRecords& records_;
    Slots& slots_;
    Installed& installed_;
    std::unordered_map<unsigned, Slot> slots_by_ifindex_;
    // Any entry may have these slots among its outbounds; the kernel does not report them, or not
    // whose they are.
    SlotSet doubtful_ = 0;
};

// The entries are read first: if an interface goes away meanwhile, its slot is then in doubt.
Status Adopter::run(std::vector<AdoptedEntry>& adopted) {
    const auto found = kernel_.entries(family_);
    if (!found) {
        return found.error();
    }
    if (!found->empty() && std::none_of(records_.begin(), records_.end(),
                                        [](const auto& record) { return record.has_value(); })) {
        doubt_all_slots();
    }
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        const auto occupied = kernel_.vif_counters(family_, slot);
        if (!occupied) {
            return Error{compose("cannot ask for a VIF: {}", occupied.error().text),
                         ExitStatus::kSystem};
        }
        take_slot(slot, occupied->has_value());
    }
    for (const FoundEntry& entry : *found) {
        take_entry(entry, adopted);
    }
    return {};
}

// Without any record an entry may mention each slot: also one whose VIF has gone, of which the
// kernel tells nothing.
void Adopter::doubt_all_slots() {
    for (Slot slot = 0; slot < kSlotCount; ++slot) {
        records_[slot] = unknown(slot);
    }
}

VifRecord Adopter::unknown(Slot slot) {
    return {*IfName::parse(compose("?{}", slot)), 0, VifRecord::State::kGone};
}

// An unknown VIF gets ifindex 0, which no interface has: the planner deletes it first. The second
// VIF of one interface is treated alike: in its entries the kernel names interfaces, not slots.
void Adopter::take_slot(Slot slot, bool occupied) {
    using State = VifRecord::State;
    std::optional<VifRecord>& record = records_[slot];
    if (occupied && !record) {
        record = unknown(slot);
    }
    if (!record) {
        return;
    }
    slots_.assign(slot, record->name);
    if (occupied && record->state == State::kLive &&
        slots_by_ifindex_.try_emplace(record->ifindex, slot).second) {
        take_vif(slot, record->name, record->ifindex);
        return;
    }
    if (occupied) {
        take_vif(slot, record->name, 0);
    }
    if (occupied || record->state != State::kUnused) {
        record->state = State::kGone;
        doubtful_ |= slot_bit(slot);
    }
}

void Adopter::take_vif(Slot slot, const IfName& name, unsigned ifindex) {
    installed_.record(AddVif{family_, slot, name, ifindex});
}

std::optional<Slot> Adopter::slot_of(std::optional<unsigned> ifindex) const {
    const auto it = ifindex ? slots_by_ifindex_.find(*ifindex) : slots_by_ifindex_.end();
    return it == slots_by_ifindex_.end() ? std::nullopt : std::optional(it->second);
}

void Adopter::take_entry(const FoundEntry& found, std::vector<AdoptedEntry>& adopted) {
    const std::optional<Slot> iif = slot_of(found.iif);
    const bool is_star = found.flow.source.is_any();
    if (is_star && !iif) {
        take_lost_star(found);
        return;
    }
    PutEntry entry{.flow = found.flow, .iif = iif.value_or(0), .ttls = {}, .hidden = found.hidden};
    bool known = iif.has_value();
    for (const auto& [ifindex, ttl] : found.outbounds) {
        const std::optional<Slot> slot = slot_of(ifindex);
        if (slot) {
            entry.ttls[*slot] = ttl;
        }
        known = known && slot;
    }
    installed_.adopt(entry, doubtful_);
    if (!known) {
        installed_.mark_stale(found.flow);
    }
    if (iif && !is_star) {
        adopted.push_back({.flow = found.flow, .iif = *iif, .idle = found.idle});
    }
}

// The slot of its iif is part of the key, and the kernel does not tell it: any that has lost its
// VIF may be it. Deleting an entry that does not exist is harmless.
void Adopter::take_lost_star(const FoundEntry& found) {
    for_each_slot(doubtful_, [&](Slot slot) {
        installed_.adopt({.flow = found.flow, .iif = slot, .ttls = {}, .hidden = true}, doubtful_);
    });
    installed_.mark_stale(found.flow);
}

}  // namespace

Result<Adopted> adopt_kernel(Kernel& kernel, const VifLedger& ledger, RouterState& state) {
    Adopted adopted{.ledger = ledger, .entries = {}};
    for (const Family family : kFamilies) {
        if (!kernel.has(family)) {
            continue;
        }
        Adopter adopter(family, kernel, adopted.ledger[index_of(family)], state);
        if (const Status status = adopter.run(adopted.entries); !status) {
            return status.error();
        }
    }
    return adopted;
}

void adopt_memberships(Kernel& kernel, RouterState& state) {
    for (const FoundMembership& found : kernel.adopt_memberships()) {
        const Interface* const interface = state.interfaces.find(found.ifindex);
        const IfName name =
            interface != nullptr ? interface->name : *IfName::parse(compose("?{}", found.ifindex));
        state.installed.record(Join{{found.ifindex, name, found.flow}});
    }
}

}  // namespace smcroute
