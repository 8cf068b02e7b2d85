// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Ledger: where the daemon leaves behind what its successor has to know, as a seam. LedgerKeeper
// decides what stands there and when, so that a daemon may be killed between any two steps: the
// ledger knows of a VIF before the kernel does, and forgets it after.
#pragma once

#include <optional>

#include "mcast/installed.h"
#include "mcast/op.h"
#include "mcast/vif_ledger.h"

namespace smcroute {

class Ledger {
public:
    virtual ~Ledger() = default;

    // Keeps this in the place of what was kept before. Whoever reads must find either of the two,
    // also when we are killed in here.
    virtual void store(const VifLedger& ledger) = 0;
};

class LedgerKeeper {
public:
    // Null: nobody wants to know.
    explicit LedgerKeeper(Ledger* ledger) : ledger_(ledger) {}

    // Goes on with a predecessor's.
    void inherit(const VifLedger& records);

    // Around Kernel::apply(), before what was done is recorded.
    void before(const AddVif& op, const Installed& installed);
    void after(const AddVif& op, bool done);
    void after(const DelVif& op, const Installed& installed);

    // Slots whose VIF has gone and that no entry mentions any more are unused.
    void forget_unmentioned(const Installed& installed);

private:
    std::optional<VifRecord>& record(Family family, Slot slot) {
        return records_[index_of(family)][slot];
    }
    void store() const;

    Ledger* ledger_;
    VifLedger records_;
    std::optional<VifRecord> before_;  // of the AddVif under way
};

}  // namespace smcroute
