// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The output of --monitor: a line for each row of event_schema(), as it comes. Pure.
#pragma once

#include <chrono>
#include <string>

#include "view/rows.h"

namespace smcroute {

// "2026-11-22T15:04:05.123Z".
std::string event_time(std::chrono::system_clock::time_point time);

// The line for one row of event_schema(): "2026-11-22T15:04:05.123Z learned (10.0.0.1, 225.1.2.3)
// from eth0 to eth1 eth2 by smcroute.conf:3" and a newline: time and event, then the row's stream
// or interface, "(was NAME)", ": DETAIL".
std::string event_line(Fields event);

}  // namespace smcroute
