// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// CHECK(condition): for our own bugs only, never for input. A failed check prints its place and
// aborts; the kernel then drops our routes with the socket and a supervisor starts us again.
#pragma once

namespace smcroute {

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace smcroute

#define CHECK(condition) \
    ((condition) ? static_cast<void>(0) : ::smcroute::check_failed(#condition, __FILE__, __LINE__))
