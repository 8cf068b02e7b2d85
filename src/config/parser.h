// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The parser: the text of one configuration file (SPEC 2) to statements, each handed on as soon as
// its line is read, and to diagnostics. A line with an error is dropped whole and the next one is
// read: one error for a bad line, and all bad lines are told. Reading files and following includes
// is the loader's.
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

    virtual void on_route(RouteSpec&& route, const Origin& origin) = 0;
    virtual void on_join(JoinSpec&& join, const Origin& origin) = 0;
    virtual void on_phyint(PhyintSpec&& phyint, const Origin& origin) = 0;
    // The text of an Error becomes a diagnostic at the pattern. The loader follows includes itself;
    // a sink given to load() is not asked.
    virtual Status on_include(std::string_view pattern, const Origin& origin);
};

struct ConfigText {
    std::string_view name;  // for diagnostics
    std::string_view text;
    uint16_t file = 0;                    // for Origin
    const Interfaces* present = nullptr;  // which interfaces exist, if that is known
};

// Appends to `diagnostics`, warnings of each route and join (lint.h) and of words that are hardly
// names (if_doubt.h) among them.
void parse(const ConfigText& config, StatementSink& sink, std::vector<Diagnostic>& diagnostics);

}  // namespace smcroute
