// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The output of `--show` about lines of files and clients: rules, groups, pending lines, and all
// lines as a configuration. It comes in pages, mostly sorted by the lines' origin.
#pragma once

#include "control/reply.h"
#include "daemon/show.h"

namespace smcroute {

// `what` is "rules", "groups", "pending" or "config". Borrows as show() does.
Reply show_lines(std::string_view what, const Showable& showable);

}  // namespace smcroute
