// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The system calls that a confined process may still make: a table, turned into a program that the
// kernel runs before each call (seccomp(2)). A call that is not in the table fails with EPERM,
// which every caller handles; nothing is killed. Opening files, starting or signalling processes
// and mapping code are left out on purpose. So are newfstatat() and statx(), which take a path: a
// libc without another fstat() cannot inspect open descriptors either.
#pragma once

namespace smcroute {

enum class RefusedCall {
    kFails,
    kFailsAndIsReported,  // as a line on stderr, for developers
};

// Returns whether the kernel took the filter. It stays for good, and needs no_new_privs to be set.
bool install_syscall_filter(RefusedCall refused);

}  // namespace smcroute
