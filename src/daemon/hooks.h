// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Hooks: what the daemon tells the world outside as it happens, as a seam: the operator's script
// (-e), and whoever supervises the process.
#pragma once

#include "mcast/route.h"

namespace smcroute {

class Hooks {
public:
    virtual ~Hooks() = default;

    // A reload begins; it ends with one of the next two.
    virtual void reloading() {}
    virtual void reload_refused() {}
    // The configuration has been loaded, at start or by a reload.
    virtual void reloaded() = 0;
    // A rule has produced an (S,G) entry that forwards.
    virtual void installed(const Flow& flow) = 0;
};

}  // namespace smcroute
