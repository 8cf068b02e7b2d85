// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// An orphan: the worker of a guard that was killed. It routes on, and holds everything that a guard
// would have held, so that a daemon which starts can take over from it. One that hangs, or is too
// old to be asked, has its descriptors copied; where that is not allowed it is ended.
#pragma once

#include "base/result.h"
#include "daemon/service.h"
#include "guard/handover.h"

namespace smcroute {

// What the orphan has at our control socket, with itself as the old worker, who is to be ended when
// everything has been taken. Empty if there is none. kUnavailable if a daemon runs.
Result<Handover> take_from_orphan(const ServiceSettings& settings);

}  // namespace smcroute
