// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Whether descriptors from elsewhere (the service manager's store, an orphan, the program before us
// in this process) are what their names (guard/handover.h) say.
#pragma once

#include <string>
#include <string_view>

#include "daemon/service.h"
#include "guard/handover.h"
#include "os/notify.h"

namespace smcroute {

// What is wrong with it, as in "which is not a memory file"; empty if it is genuine. Of a socket
// for joins it is not known what it has joined.
std::string_view fault_of(std::string_view name, int fd, const ServiceSettings& settings);

// What it must be for us, by what the kernel says of it; empty if we have no use for it.
std::string kind_of(int fd, const ServiceSettings& settings);

// Lets go of what is not genuine, has it removed from the manager's store, and tells of it, the
// first by name. If a routing socket is of another network namespace, so is what was desired there.
void keep_genuine(Handover& handover, const ServiceSettings& settings, Notifier& manager);

}  // namespace smcroute
