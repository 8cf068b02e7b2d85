// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Variables of the environment that are meant for this process alone, and not for its scripts.
#pragma once

#include <cstdlib>
#include <string>

namespace smcroute {

// The variable's value, which is then removed; empty if it was not there.
inline std::string take_variable(const char* name) {
    const char* const value = getenv(name);
    std::string taken = value == nullptr ? "" : value;
    unsetenv(name);
    return taken;
}

}  // namespace smcroute
