// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/ledger.h"

#include "mcast/slots.h"

namespace smcroute {

using State = VifRecord::State;

void LedgerKeeper::inherit(const VifLedger& records) {
    records_ = records;
    store();
}

// If a VIF that should have gone is still in the slot, the kernel will refuse the new one, unless
// it has dropped the old one by itself meanwhile: until the kernel has answered, nobody knows whose
// VIF it is.
void LedgerKeeper::before(const AddVif& op, const Installed& installed) {
    std::optional<VifRecord>& now = record(op.family, op.slot);
    before_ = now;
    if (now && installed.vif(op.family, op.slot)) {
        now->state = State::kGone;
    } else {
        now = VifRecord{op.name, op.ifindex, State::kLive};
    }
    store();
}

void LedgerKeeper::after(const AddVif& op, bool done) {
    std::optional<VifRecord>& now = record(op.family, op.slot);
    if (done) {
        now = VifRecord{op.name, op.ifindex, State::kLive};
    } else if (before_ && (before_->state != State::kUnused || before_->name == op.name)) {
        now = before_;
    } else {
        now = VifRecord{op.name, 0, State::kUnused};
    }
    store();
}

void LedgerKeeper::after(const DelVif& op, const Installed& installed) {
    std::optional<VifRecord>& now = record(op.family, op.slot);
    if (now) {
        const bool mentioned = (installed.mentioned(op.family) & slot_bit(op.slot)) != 0;
        now->state = mentioned ? State::kGone : State::kUnused;
        store();
    }
}

void LedgerKeeper::forget_unmentioned(const Installed& installed) {
    bool changed = false;
    for (const Family family : kFamilies) {
        SlotSet gone = 0;
        for (Slot slot = 0; slot < kSlotCount; ++slot) {
            const std::optional<VifRecord>& now = record(family, slot);
            gone |= now && now->state == State::kGone ? slot_bit(slot) : 0;
        }
        if (gone == 0) {
            continue;
        }
        gone &= ~installed.mentioned(family) & ~installed.live(family);
        for_each_slot(gone, [&](Slot slot) { record(family, slot)->state = State::kUnused; });
        changed = changed || gone != 0;
    }
    if (changed) {
        store();
    }
}

void LedgerKeeper::store() const {
    if (ledger_ != nullptr) {
        ledger_->store(records_);
    }
}

}  // namespace smcroute
