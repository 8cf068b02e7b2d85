// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Hooks: what the daemon tells the world outside as it happens, as a seam: the operator's script
// (-e), and whoever supervises the process.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
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
    // A command has changed what is desired, and has been carried out: said again, it would do the
    // same to a Desired like the one before. Whether the kernel took it on is another matter.
    virtual void changed(std::span<const std::string> /*words*/) {}
    // A client wants the daemon to go on as another program. The error is why that will not be.
    virtual Status upgrade() {
        return Error{"cannot upgrade: nothing holds the routes meanwhile", ExitStatus::kRefused};
    }
    // A rule has produced an (S,G) entry that forwards.
    virtual void installed(const Flow& flow) = 0;
};

}  // namespace smcroute
