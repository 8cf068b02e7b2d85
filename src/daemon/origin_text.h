// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Where a line of the running state comes from, in words: "smcroute.conf:12", relative to where the
// main file is, or "client".
#pragma once

#include <span>
#include <string>

#include "mcast/route.h"
#include "view/schema.h"

namespace smcroute {

// `files` is what Origin.file indexes, the main file first.
std::string origin_text(const Origin& origin, std::span<const std::string> files);
// The same as a part of a field.
void put_origin(RowWriter& row, const Origin& origin, std::span<const std::string> files);

}  // namespace smcroute
