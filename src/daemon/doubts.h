// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Doubts about a command that is valid, but hardly what was meant, judged by the running state: one
// line of text each, for the client. config/lint.h judges the words alone.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "mcast/planner.h"
#include "mcast/route.h"

namespace smcroute {

// For a route that is not added yet: the route that it would replace, if any. `files` are the names
// that Origin.file indexes, here and below.
std::vector<std::string> replacements(const RouteSpec& route, const Desired& desired,
                                      std::span<const std::string> files);

// For a route that was added, or a group that was joined: interfaces that take no part, and joins
// that make the kernel take its own copies for new packets.
std::vector<std::string> doubts_of(const RouteSpec& route, const RouterState& state,
                                   std::span<const std::string> files);
std::vector<std::string> doubts_of(const JoinSpec& join, const RouterState& state,
                                   std::span<const std::string> files);

// The interfaces that the route or join waits for.
std::vector<std::string> waits_of(const RouteSpec& route, const Interfaces& present);
std::vector<std::string> waits_of(const JoinSpec& join, const Interfaces& present);

}  // namespace smcroute
