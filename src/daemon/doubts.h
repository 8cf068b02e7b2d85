// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What a command asks for, and can have, but can hardly have meant, by the running state: a line of
// text each, for whoever gave the command. What its words alone tell is config/lint.h's.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "mcast/planner.h"
#include "mcast/route.h"

namespace smcroute {

// Of a route that is not added yet: which one it takes the place of, if any. `files` is what
// Origin.file indexes, here and below.
std::vector<std::string> replacements(const RouteSpec& route, const Desired& desired,
                                      std::span<const std::string> files);

// Of a route that was added, or a group that was joined: interfaces that take no part, and joins
// that have the kernel take its own copies for new packets.
std::vector<std::string> doubts_of(const RouteSpec& route, const RouterState& state,
                                   std::span<const std::string> files);
std::vector<std::string> doubts_of(const JoinSpec& join, const RouterState& state,
                                   std::span<const std::string> files);

// The interfaces that it waits for.
std::vector<std::string> waits_of(const RouteSpec& route, const Interfaces& present);
std::vector<std::string> waits_of(const JoinSpec& join, const Interfaces& present);

}  // namespace smcroute
