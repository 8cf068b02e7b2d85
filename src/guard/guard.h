// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The guard: the process that the pid file names. It opens what takes privileges, keeps a duplicate
// of everything whose loss would end forwarding, and starts a worker that does the routing without
// privileges. When a worker dies the kernel forwards on, since the guard holds the sockets, and the
// next worker takes over what is there. The guard parses nothing of the network's or of a client's;
// what its worker may ask for is in guard/protocol.h.
#pragma once

#include "daemon/service.h"

namespace smcroute {

// As run_alone(), in two processes. In the worker's this does not return.
ExitStatus run_guard(const ServiceSettings& settings);

}  // namespace smcroute
