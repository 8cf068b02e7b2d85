// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Background: how `-d` leaves the terminal. The parent stays until the daemon is ready or has
// ended, and exits with what it learned, so whoever started it may rely on the status, and after a
// failure try again at once. Until start() (that is, in the foreground) ready() does nothing.
#pragma once

#include "base/result.h"
#include "os/unique_fd.h"

namespace smcroute {

class Background {
public:
    // Forks, and returns in the child: it is in a session of its own, in "/" (make relative paths
    // absolute before), with the caller's signal mask. The parent keeps no signal blocked, and
    // exits here: with 0 after ready(), else with the child's status. After an error the caller
    // exits, which may be the child.
    Status start();

    // Points stdin, stdout and stderr to /dev/null, as leave_terminal(), and lets the parent exit.
    void ready();

private:
    UniqueFd parent_;  // writing end of the pipe; empty in the foreground
};

// Points stdin, stdout and stderr to this descriptor of /dev/null.
void leave_terminal(int null);

}  // namespace smcroute
