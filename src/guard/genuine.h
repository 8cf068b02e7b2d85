// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Checks whether descriptors from elsewhere (the service manager's store, an orphan, the program
// before us in this process) are what their names (guard/handover.h) say.
#pragma once

#include <string>
#include <string_view>

#include "daemon/service.h"
#include "guard/handover.h"
#include "os/notify.h"

namespace smcroute {

// Why it is not genuine, as in "which is not a memory file"; empty if it is genuine. For a join
// socket, nobody knows what it has joined.
std::string_view fault_of(std::string_view name, int fd, const ServiceSettings& settings);

// The name that we would give it, judging by what the kernel reports; empty if we have no use for
// it.
std::string kind_of(int fd, const ServiceSettings& settings);

// Closes what is not genuine, has it removed from the manager's store, and logs it, the first by
// name. If a routing socket is of another network namespace, what was desired there is dropped as
// well.
void keep_genuine(Handover& handover, const ServiceSettings& settings, Notifier& manager);

}  // namespace smcroute
