// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Leftovers: what a predecessor has left, and this daemon, whose options are others, does not go on
// with. In the service manager's store it would be kept for good, and route for nobody.
#pragma once

#include "daemon/service.h"
#include "guard/handover.h"
#include "os/notify.h"

namespace smcroute {

// Ends the routing of its tables, closes everything, has it removed from the store, and says so.
void release_leftovers(Handover& handover, Notifier& manager);

// All that there is in the store, and whatever else is open: for a daemon without a guard, before
// it opens anything.
void release_store(const ServiceSettings& settings);

}  // namespace smcroute
