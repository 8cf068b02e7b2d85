// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The tables and JSON objects of smcroutectl, made of rows of our own tables (view/schema.h). Of
// rows alone: which rows are asked for is the client's affair.
#pragma once

#include <string>
#include <string_view>

#include "view/rendering.h"
#include "view/table.h"

namespace smcroute {

struct CtlStyle {
    RenderStyle rendering;  // bold: the heading is in reverse video
    bool details = false;   // counters of routes
};

// Whether smcroutectl has a table of this name too.
bool is_ctl_table(std::string_view what);

// Its table made of ours. Of routes it shows the rules first, which are in "config": otherwise that
// may be empty.
std::string ctl_text(const Table& table, const Table& config, const CtlStyle& style);

}  // namespace smcroute
