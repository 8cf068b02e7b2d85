// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The answer to `--show routes`: the entries in the kernel and the exact routes that have none yet,
// sorted by group and source; then the rules.
#pragma once

#include <memory>

#include "daemon/show.h"

namespace smcroute {

// Borrows as show() does.
std::unique_ptr<Pages> route_pages(const Show& command, const Showable& showable);

}  // namespace smcroute
