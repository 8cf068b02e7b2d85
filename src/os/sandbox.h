// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// With which a process gives up, for good, everything it does not need: its user and groups, all
// capabilities, the file system, new programs and processes, and every system call that
// os/syscall_filter.h does not list. Descriptors that are open stay and work, so what the process
// needs is opened before, or handed to it over a socket.
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
    std::optional<UserIdentity> user;  // none: stay who we are, as one who is not root must
    bool user_may_fail = false;        // for a user whom nobody named; see Confinement
    bool debugging = kDebugBuild;
};

// What there is to say about a sandbox that was entered.
struct Confinement {
    bool left_out = false;  // the next two, by a build with a sanitizer
    bool seccomp = false;   // the kernel took the filter
    bool landlock = false;  // and the ruleset that grants nothing
    // Why the user did not change, if it was allowed not to: in a user namespace that lacks this
    // user, or without the capabilities for it.
    std::optional<Error> user_kept;
};

// Either way it does not reach back. An error leaves the process in between: do not go on.
//
// A change of user clears what PR_SET_PDEATHSIG asked for, and the process ends up undumpable: its
// /proc/PID belongs to root, others of its user cannot trace it, and no core is written.
Result<Confinement> enter_sandbox(const SandboxSettings& settings);

}  // namespace smcroute
