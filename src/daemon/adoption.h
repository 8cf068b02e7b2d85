// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Adoption: records what another daemon left in the kernel as installed in the state of a new one,
// so that a plan changes only what differs from what is desired. If the kernel or the ledger leaves
// a doubt about an entry, it is stale: it is written again.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/result.h"
#include "kernel/kernel.h"
#include "mcast/planner.h"
#include "mcast/vif_ledger.h"

namespace smcroute {

// An entry whose inbound is known. It becomes a stream if no exact route decides it.
struct AdoptedEntry {
    Flow flow;
    Slot iif = 0;
    std::optional<std::chrono::milliseconds> idle;  // as FoundEntry::idle
};

struct Adopted {
    VifLedger ledger;  // the records that can be trusted
    std::vector<AdoptedEntry> entries;
};

// `state` must know the interfaces, and nothing else yet.
Result<Adopted> adopt_kernel(Kernel& kernel, const VifLedger& ledger, RouterState& state);

// Adopts the memberships; each gets the name that its interface has now. The next plan leaves those
// whose interface does not exist, as always.
void adopt_memberships(Kernel& kernel, RouterState& state);

}  // namespace smcroute
