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

    // Entries that were written since the news of interfaces were last known to be read: by then
    // the kernel may have let an outbound's VIF go, and it leaves such an outbound out without a
    // word. Without news they are as they were written.
    void confirm();
    // An interface had gone: they have to be written again.
    std::vector<Flow> distrust_unconfirmed();
    // While news were lost, or are read and still to be acted on, nothing is confirmed.
    void set_behind_news(bool behind) { behind_news_ = behind; }
    // How many ops the kernel has refused.
    uint64_t failures() const { return failures_; }

    LedgerKeeper& ledger() { return ledger_; }

    // A learned or blocking stream has an entry that was written, or has been seen where that
    // waited for it. `before`: its entry until now, if it had one.
    void note_stream(const Flow& flow, const std::optional<Installed::Entry>& before);

private:
    Status apply_one(const Op& op);
    Status carry_out(const Op& op);
    void note_unconfirmed(const Flow& flow);
    void count_blocked();
    bool is_routed(const PutEntry& put) const;
    void tell_stream(const Flow& flow, const Installed::Entry& entry, bool blocked);
    std::string outcome(const Op& op) const;
    std::string entry_text(const Flow& flow, Slot iif, SlotSet outbounds) const;

    Kernel& kernel_;
    RouterState& state_;
    Hooks& hooks_;
    EventFeed& events_;
    LedgerKeeper ledger_;
    uint64_t failures_ = 0;
    std::vector<Flow> unconfirmed_;
    bool behind_news_ = false;
};

}  // namespace smcroute
