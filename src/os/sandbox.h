// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The sandbox: a process gives up, for good, everything it does not need: its user and groups, all
// capabilities, the file system, new programs and processes, and every system call that
// os/syscall_filter.h does not list. Open descriptors stay usable, so what the process needs is
// opened before, or passed to it over a socket.
//
// The process must have one thread, and call this once. Builds with a sanitizer get neither filter
// nor Landlock, since a report opens files and starts processes.
#pragma once

#include <optional>

#include "base/result.h"
#include "os/privileges.h"
#include "os/syscall_filter.h"

namespace smcroute {

// Whether this is a build for developers: refused calls are reported, and a debugger may attach.
// `make CPPFLAGS=-DSMCROUTE_DEBUG`.
#ifdef SMCROUTE_DEBUG
inline constexpr bool kDebugBuild = true;
#else
inline constexpr bool kDebugBuild = false;
#endif

struct SandboxSettings {
    std::optional<UserIdentity> user;  // none: keep our user, as a process without root must
    bool user_may_fail = false;        // for a user that nobody named; see Confinement
    bool debugging = kDebugBuild;
};

// The result of entering the sandbox.
struct Confinement {
    bool left_out = false;  // a build with a sanitizer left out the next two
    bool seccomp = false;   // the kernel took the filter
    bool landlock = false;  // the kernel took the ruleset that grants nothing
    // Why the user did not change, if that was allowed: in a user namespace that lacks this user,
    // or without the capabilities for it.
    std::optional<Error> user_kept;
};

// Either way it does not reach back. An error leaves the process in between: do not go on.
//
// A change of user clears PR_SET_PDEATHSIG, and the process becomes undumpable: its /proc/PID
// belongs to root, other processes of its user cannot trace it, and no core is written.
Result<Confinement> enter_sandbox(const SandboxSettings& settings);

}  // namespace smcroute
