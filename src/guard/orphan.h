// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// An orphan: the worker of a guard that was killed. It goes on routing, and holds everything that
// the guard held, so that a new daemon can take over from it. If it hangs, or is too old to be
// asked, its descriptors are copied; where that is not allowed it is ended.
#pragma once

#include "base/result.h"
#include "daemon/service.h"
#include "guard/handover.h"

namespace smcroute {

// Takes what the orphan at our control socket holds. The handover names the orphan as the old
// worker, to be ended when everything has been taken. Empty if there is no orphan. kUnavailable if
// a daemon runs.
Result<Handover> take_from_orphan(const ServiceSettings& settings);

}  // namespace smcroute
