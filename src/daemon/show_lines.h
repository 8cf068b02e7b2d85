// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What `--show` tells of lines, of files and clients: rules, groups, what is pending, and all of
// them as a configuration. They come in pages, most by where the lines come from.
#pragma once

#include "control/reply.h"
#include "daemon/show.h"

namespace smcroute {

// Of "rules", "groups", "pending" or "config". Borrows as show() does.
Reply show_lines(std::string_view what, const Showable& showable);

}  // namespace smcroute
