// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Leftovers: what a predecessor left and this daemon does not use, because its options differ.
// Otherwise the service manager would keep it for good, and its routes would serve nobody.
#pragma once

#include "daemon/service.h"
#include "guard/handover.h"
#include "os/notify.h"

namespace smcroute {

// Ends routing in its tables, closes everything, has it removed from the store, and logs it.
void release_leftovers(Handover& handover, Notifier& manager);

// Releases everything in the store, and whatever else is open: for a daemon without a guard, before
// it opens anything.
void release_store(const ServiceSettings& settings);

}  // namespace smcroute
