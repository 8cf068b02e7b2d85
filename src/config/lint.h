// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Lint: finds lines that are valid but can only be a mistake (SPEC R16). warnings_of() judges one
// route or join by itself, from a file or a client alike, or the lines of a configuration against
// each other. Nothing here changes what takes effect.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "mcast/desired.h"
#include "mcast/route.h"

namespace smcroute {

// The parts of a route or join, in the order of the keywords from, source, except, group, nolearn,
// to.
enum class Clause : uint8_t { kFrom, kSource, kExcept, kGroup, kNolearn, kTo };

struct Warning {
    Clause clause = Clause::kGroup;  // what to point at
    size_t index = 0;                // which outbound, for kTo
    std::string text;

    friend bool operator==(const Warning&, const Warning&) = default;
};

std::vector<Warning> warnings_of(const RouteSpec& route);
std::vector<Warning> warnings_of(const JoinSpec& join);

// "/etc/smcroute.conf:3", or "a client's command". `files` are the names that Origin.file indexes.
std::string place_of(const Origin& origin, std::span<const std::string> files);

// Compares the lines of a configuration with each other. Warns of each rule that another rule
// wholly covers with at least its outbounds (an exact route has a use of its own: it is installed
// ahead of traffic), of each ttl-threshold on an interface that an IPv6 route uses as outbound, and
// of each line that uses an interface which a `phyint … disable` keeps out. Desired::add() notices
// lines that add up to one rule or route. `files` are the names that Origin.file indexes.
std::vector<Diagnostic> warnings_of(const Desired& desired, std::span<const std::string> files);

}  // namespace smcroute
