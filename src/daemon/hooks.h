// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Hooks: what the daemon tells the operator's script (-e), as a seam. HookQueue is the real one.
#pragma once

#include "mcast/route.h"

namespace smcroute {

class Hooks {
public:
    virtual ~Hooks() = default;

    // The configuration has been loaded, at start or by a reload.
    virtual void reloaded() = 0;
    // A rule has produced an (S,G) entry that forwards.
    virtual void installed(const Flow& flow) = 0;
};

}  // namespace smcroute
