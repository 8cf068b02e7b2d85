// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "base/result.h"

#include <cstring>

namespace smcroute {

Error system_error(std::string what, int errno_value, ExitStatus status) {
    what += ": ";
    what += strerror(errno_value);
    return Error{std::move(what), status};
}

}  // namespace smcroute
