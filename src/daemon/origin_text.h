// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#pragma once

#include <span>
#include <string>

#include "mcast/route.h"

namespace smcroute {

// The origin of a line of the running state: "smcroute.conf:12", relative to the main file's
// directory, or "client". `files`: the names that Origin.file indexes, the main file first.
std::string origin_text(const Origin& origin, std::span<const std::string> files);

}  // namespace smcroute
