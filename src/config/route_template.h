// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The short way for large files, whose mroute lines mostly differ from the one before in the source
// and the group alone. Such a line needs no more than three comparisons and two addresses. It
// changes no result: whatever is not exactly so, an error included, is left to the parser.
#pragma once

#include <optional>
#include <string_view>

#include "mcast/route.h"

namespace smcroute {

class RouteTemplate {
public:
    // Remembers a line and what it came to. `source` (empty if not given) and `group` are words of
    // it. The line is borrowed until the next call.
    void remember(std::string_view line, std::string_view source, std::string_view group,
                  const RouteSpec& route);

    // The route of a line that is valid and differs from the remembered one in no other word.
    std::optional<RouteSpec> match(std::string_view line) const;

private:
    // Of the remembered line: what stands before, between and after the words that may differ.
    std::string_view head_;
    std::string_view middle_;  // with both words only
    std::string_view tail_;
    bool has_source_ = false;
    bool source_first_ = false;
    std::optional<RouteSpec> route_;
};

}  // namespace smcroute
