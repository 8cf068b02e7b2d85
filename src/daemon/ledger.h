// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Ledger: where the daemon leaves what its successor must know, as a seam. LedgerKeeper decides
// what is written and when, so that a daemon may be killed between any two steps: the ledger has a
// VIF before the kernel does, and drops it after the kernel did.
#pragma once

#include <optional>

#include "mcast/installed.h"
#include "mcast/op.h"
#include "mcast/vif_ledger.h"

namespace smcroute {

class Ledger {
public:
    virtual ~Ledger() = default;

    // Replaces what was stored before. A reader must find either the old or the new ledger, even if
    // we are killed in this call.
    virtual void store(const VifLedger& ledger) = 0;
};

class LedgerKeeper {
public:
    // Null: nobody reads the ledger.
    explicit LedgerKeeper(Ledger* ledger) : ledger_(ledger) {}

    // Continues a predecessor's ledger.
    void inherit(const VifLedger& records);

    // Called around Kernel::apply(), before the op is recorded.
    void before(const AddVif& op, const Installed& installed);
    void after(const AddVif& op, bool done);
    void after(const DelVif& op, const Installed& installed);

    // Marks slots as unused whose VIF is gone and that no entry uses any more.
    void forget_unmentioned(const Installed& installed);

private:
    std::optional<VifRecord>& record(Family family, Slot slot) {
        return records_[index_of(family)][slot];
    }
    void store() const;

    Ledger* ledger_;
    VifLedger records_;
    std::optional<VifRecord> before_;  // the record before the current AddVif
};

}  // namespace smcroute
