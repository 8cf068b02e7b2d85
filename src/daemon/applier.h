// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The applier: carries out a plan, op by op, and records what succeeded. The only caller of
// Kernel::apply().
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "daemon/hooks.h"
#include "daemon/ledger.h"
#include "kernel/kernel.h"
#include "mcast/op.h"
#include "mcast/planner.h"

namespace smcroute {

// What could not be done. The ops stay wanted, so a later plan has them again.
struct ApplyResult {
    size_t failed = 0;
    std::optional<Error> first;

    explicit operator bool() const { return failed == 0; }
};

class Applier {
public:
    // Borrows all four; there may be no ledger.
    Applier(Kernel& kernel, RouterState& state, Hooks& hooks, Ledger* ledger)
        : kernel_(kernel), state_(state), hooks_(hooks), ledger_(ledger) {}

    ApplyResult apply(std::span<const Op> ops);
    // How many ops the kernel has refused.
    uint64_t failures() const { return failures_; }

    LedgerKeeper& ledger() { return ledger_; }

private:
    Status apply_one(const Op& op);
    Status carry_out(const Op& op);
    void note_stream(const PutEntry& put, bool forwarded_before);
    std::string outcome(const Op& op) const;

    Kernel& kernel_;
    RouterState& state_;
    Hooks& hooks_;
    LedgerKeeper ledger_;
    uint64_t failures_ = 0;
};

}  // namespace smcroute
