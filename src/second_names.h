// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The second names of the program, smcrouted and smcroutectl, under which it takes the options of
// these two programs of releases 2.4 to 2.6. They are translated into our own words, which
// options.h then parses; the few things that have no words of ours are set in the result.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/read_config.h"
#include "mcast/interfaces.h"
#include "options.h"

namespace smcroute {

enum class CalledAs : uint8_t { kSmcroute, kSmcrouted, kSmcroutectl };

// By the base name of argv[0].
CalledAs called_as(std::string_view program);

// As parse_options() of options.h, for a program that was called so.
Result<Options> parse_options(const std::string& program, std::span<const std::string> arguments);

std::string usage_text(CalledAs name);

// Scripts of smcroutectl know 0 and 1 only.
ExitStatus exit_status(CalledAs name, ExitStatus status);

// What -F of smcrouted took for an error becomes one, and what it did not take for one a warning.
void judge_as_smcrouted(ReadConfig& config, const Interfaces& present);

}  // namespace smcroute
