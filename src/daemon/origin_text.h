// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#pragma once

#include <span>
#include <string>

#include "mcast/route.h"

namespace smcroute {

// Where a line of the running state comes from: "smcroute.conf:12", relative to where the main file
// is, or "client". `files`: what Origin.file indexes, the main file first.
std::string origin_text(const Origin& origin, std::span<const std::string> files);

}  // namespace smcroute
