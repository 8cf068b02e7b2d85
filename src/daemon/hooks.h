// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Hooks: what the daemon reports to the outside as it happens, as a seam: to the operator's script
// (-e) and to the supervisor of the process.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "mcast/route.h"

namespace smcroute {

class Hooks {
public:
    virtual ~Hooks() = default;

    // A reload begins; it ends with reload_refused() or reloaded().
    virtual void reloading() {}
    virtual void reload_refused() {}
    // The configuration was loaded, at start or by a reload.
    virtual void reloaded() = 0;
    // A command has changed what is desired, and was carried out. Repeated on an equal Desired, it
    // would do the same. This does not say whether the kernel accepted it.
    virtual void changed(std::span<const std::string> /*words*/) {}
    // A client asks the daemon to continue as another program. The error says why that is not
    // possible.
    virtual Status upgrade() {
        return Error{"cannot upgrade: nothing holds the routes meanwhile", ExitStatus::kRefused};
    }
    // A rule has produced an (S,G) entry that forwards.
    virtual void installed(const Flow& flow) = 0;
};

}  // namespace smcroute
