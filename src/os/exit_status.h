// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Which exit status a failed system call stands for, where only permission needs telling apart.
#pragma once

#include <cerrno>

#include "base/result.h"

namespace smcroute {

constexpr ExitStatus exit_status_of(int errno_value) {
    return errno_value == EACCES || errno_value == EPERM ? ExitStatus::kNoPermission
                                                         : ExitStatus::kSystem;
}

}  // namespace smcroute
