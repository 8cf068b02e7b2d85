// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The parser: turns the text of one configuration file (SPEC 2) into statements, each passed on as
// soon as its line is read, and diagnostics. A line with an error is dropped whole and the next one
// is read: each bad line gives one error, and all bad lines are reported. The loader reads files
// and follows includes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/diagnostic.h"
#include "mcast/interfaces.h"
#include "mcast/route.h"

namespace smcroute {

// Takes the statements of a configuration, in their order.
class StatementSink {
public:
    virtual ~StatementSink() = default;

    virtual void on_route(const RouteSpec& route, const Origin& origin) = 0;
    virtual void on_join(JoinSpec&& join, const Origin& origin) = 0;
    virtual void on_phyint(PhyintSpec&& phyint, const Origin& origin) = 0;
    // The text of an Error becomes a diagnostic at the pattern. load() never calls this on its
    // sink; the loader follows includes itself.
    virtual Status on_include(std::string_view pattern, const Origin& origin);
};

struct ConfigText {
    std::string_view name;  // for diagnostics
    std::string_view text;
    uint16_t file = 0;                    // for Origin
    const Interfaces* present = nullptr;  // which interfaces exist, if that is known
};

// Appends to `diagnostics`, including warnings about each route and join (lint.h) and about words
// that are hardly names (if_doubt.h).
void parse(const ConfigText& config, StatementSink& sink, std::vector<Diagnostic>& diagnostics);

}  // namespace smcroute
