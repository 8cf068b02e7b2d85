// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Suspects: of all that an Observation has, the streams that are to be judged.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "control/command.h"
#include "why/observation.h"

namespace smcroute {

// A stream; without a source, one of a rule to which nobody sends.
struct Suspect {
    Address group;
    std::optional<Address> source = std::nullopt;
    std::optional<RouteSpec> rule = std::nullopt;  // if there is no source
};

struct Suspects {
    std::vector<Suspect> list;  // by group and source
    size_t uncovered = 0;       // streams that nobody asked about and no line is near
};

// Whatever the filter names; without one, whatever a line wants, and whatever arrives that a line
// covers or nearly covers. Where another program routes, its entries are the lines.
Suspects find_suspects(const Observation& observation, const StreamFilter& filter);

}  // namespace smcroute
