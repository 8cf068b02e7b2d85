// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Background: how `-d` leaves the terminal. The parent stays until the daemon is ready or has
// ended, and exits with the result, so its caller may rely on the status, and after a failure try
// again at once. Before start() (that is, in the foreground) ready() does nothing.
#pragma once

#include "base/result.h"
#include "os/unique_fd.h"

namespace smcroute {

class Background {
public:
    // Forks, and returns in the child: it is in a session of its own, in "/" (make relative paths
    // absolute before), with the caller's signal mask. The parent unblocks all signals, and exits
    // here: with 0 after ready(), else with the child's status. After an error the caller, which
    // may be the child, must exit.
    Status start();

    // Points stdin, stdout and stderr to /dev/null, as leave_terminal(), and lets the parent exit.
    void ready();

private:
    UniqueFd parent_;  // the write end of the pipe; empty in the foreground
};

}  // namespace smcroute
