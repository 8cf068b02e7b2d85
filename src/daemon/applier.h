// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The applier: carries out a plan, op by op, and records what succeeded. The only caller of
// Kernel::apply().
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "control/reply.h"
#include "daemon/event_feed.h"
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

// The answer to a command whose change was taken on, but not all of which the kernel may have
// accepted.
Reply reply_of(const ApplyResult& result);

class Applier {
public:
    // Borrows all of them; there may be no ledger.
    Applier(Kernel& kernel, RouterState& state, Hooks& hooks, EventFeed& events, Ledger* ledger)
        : kernel_(kernel), state_(state), hooks_(hooks), events_(events), ledger_(ledger) {}

    ApplyResult apply(std::span<const Op> ops);
    // How many ops the kernel has refused.
    uint64_t failures() const { return failures_; }

    LedgerKeeper& ledger() { return ledger_; }

private:
    Status apply_one(const Op& op);
    Status carry_out(const Op& op);
    // `before`: the outbounds of its entry until now, if it had one.
    void note_stream(const PutEntry& put, std::optional<SlotSet> before);
    std::string outcome(const Op& op) const;

    Kernel& kernel_;
    RouterState& state_;
    Hooks& hooks_;
    EventFeed& events_;
    LedgerKeeper ledger_;
    uint64_t failures_ = 0;
};

}  // namespace smcroute
