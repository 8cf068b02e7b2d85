// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Standard output of a program that is asked for something: what could not be written is told at
// its end, whoever wrote it.
#pragma once

#include <string_view>

#include "base/result.h"

namespace smcroute {

// Buffered by stdio. A failure is kept for output_status().
void put_out(std::string_view text);
// Writes out what is buffered. False if anything could not be written by now.
bool flush_out();

// The first failure: "cannot write to standard output: No space left on device". Flushes.
Status output_status();

}  // namespace smcroute
