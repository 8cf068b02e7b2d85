// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Which exit status a failed system call stands for, where only permission needs telling apart.
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
