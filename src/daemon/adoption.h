// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Adoption: what another daemon has left in the kernel, told to the state of a new one as
// installed, so that a plan changes only what differs from what is desired. Where the kernel or the
// ledger leaves a doubt, an entry is stale: it is written again.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/result.h"
#include "kernel/kernel.h"
#include "mcast/planner.h"
#include "mcast/vif_ledger.h"

namespace smcroute {

// An entry whose inbound is known. A stream, if no exact route decides it.
struct AdoptedEntry {
    Flow flow;
    Slot iif = 0;
    std::optional<std::chrono::milliseconds> idle;  // as FoundEntry::idle
};

struct Adopted {
    VifLedger ledger;  // what is to be believed of it
    std::vector<AdoptedEntry> entries;
};

// `state` knows the interfaces, and nothing else yet.
Result<Adopted> adopt_kernel(Kernel& kernel, const VifLedger& ledger, RouterState& state);

// The memberships: each has the name that its interface has now. Those that are on none are left by
// the next plan, as ever.
void adopt_memberships(Kernel& kernel, RouterState& state);

}  // namespace smcroute
