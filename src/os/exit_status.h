// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The exit status for a failed system call, where only permission must be distinguished.
#pragma once

#include <cerrno>

#include "base/result.h"

namespace smcroute {

constexpr ExitStatus exit_status_of(int errno_value) {
    const bool not_permitted =
        errno_value == EACCES || errno_value == EPERM || errno_value == EROFS;
    return not_permitted ? ExitStatus::kNoPermission : ExitStatus::kSystem;
}

}  // namespace smcroute
