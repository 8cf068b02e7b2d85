// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Standard output of a program that is asked for something: failed writes are reported at its end,
// whoever wrote.
#pragma once

#include <string_view>

#include "base/result.h"

namespace smcroute {

// Buffered by stdio. A failure is remembered for output_status().
void put_out(std::string_view text);
// Writes out the buffer. False if anything could not be written so far.
bool flush_out();

// The first failure: "cannot write to standard output: No space left on device". Flushes.
Status output_status();

}  // namespace smcroute
