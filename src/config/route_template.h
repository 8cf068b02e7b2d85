// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// A fast path for large files, whose mroute lines mostly differ from the previous one only in
// source and group. Such a line needs only three comparisons and two address conversions. It
// changes no result: any line that does not match exactly, even a wrong one, is left to the parser.
#pragma once

#include <optional>
#include <string_view>

#include "mcast/route.h"

namespace smcroute {

class RouteTemplate {
public:
    // Remembers a line and its route. `source` (empty if not given) and `group` are words of the
    // line. The line is borrowed until the next call.
    void remember(std::string_view line, std::string_view source, std::string_view group,
                  const RouteSpec& route);

    // The route of a line that is valid and differs from the remembered one in no other word, until
    // the next call; null for any other line.
    const RouteSpec* match(std::string_view line);

private:
    // The parts of the remembered line before, between and after the words that may differ.
    std::string_view head_;
    std::string_view middle_;  // only if both words are there
    std::string_view tail_;
    bool has_source_ = false;
    bool source_first_ = false;
    std::optional<RouteSpec> route_;
};

}  // namespace smcroute
