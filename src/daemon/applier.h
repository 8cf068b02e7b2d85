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

// The failures of a plan. The ops stay wanted, so a later plan has them again.
struct ApplyResult {
    size_t failed = 0;
    std::optional<Error> first;

    explicit operator bool() const { return failed == 0; }
};

// The reply to a command whose change was accepted, although the kernel may have refused parts of
// it.
Reply reply_of(const ApplyResult& result);

class Applier {
public:
    // Borrows all of them; the ledger may be null.
    Applier(Kernel& kernel, RouterState& state, Hooks& hooks, EventFeed& events, Ledger* ledger)
        : kernel_(kernel), state_(state), hooks_(hooks), events_(events), ledger_(ledger) {}

    ApplyResult apply(std::span<const Op> ops);
    // Writes the entry of a stream as it should be now. A failure is logged and tried again.
    void update(const Flow& flow, Planner& planner);

    // Confirms the entries written since link events were last known to be read. When an entry was
    // written, the kernel may already have dropped an outbound's VIF, and then it silently left
    // that outbound out. If no link event is queued, the entries are as they were written.
    void confirm();
    // For when an interface has gone: marks the unconfirmed entries stale and returns them, to be
    // written again.
    std::vector<Flow> distrust_unconfirmed();
    // While link events are lost, or read but not yet acted on, nothing is confirmed.
    void set_behind_news(bool behind) { behind_news_ = behind; }
    // How many ops the kernel has refused.
    uint64_t failures() const { return failures_; }

    LedgerKeeper& ledger() { return ledger_; }

    // Call it when the entry of a learned or blocking stream was written, or when the stream was
    // seen where its entry waited. `before`: its entry until then, if it had one.
    void note_stream(const Stream& stream, const Installed::Entry& now,
                     const std::optional<Installed::Entry>& before);

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
