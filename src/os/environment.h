// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The environment: variables that are meant for this process alone, and not for its scripts, and
// where we run.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

namespace smcroute {

// Returns the variable's value and removes it; empty if it was not there.
inline std::string take_variable(const char* name) {
    const char* const value = getenv(name);
    std::string taken = value == nullptr ? "" : value;
    unsetenv(name);
    return taken;
}

// The service manager sets it for each service.
inline bool is_under_systemd() { return getenv("INVOCATION_ID") != nullptr; }

// The remedy for a read-only file system, if it is our unit file that makes it read-only.
inline std::string_view read_only_remedy(int errno_value) {
    return errno_value == EROFS && is_under_systemd()
               ? " (ReadWritePaths= of the service says where it may be)"
               : "";
}

// Under systemd, the setting in our unit file that hides such a path from us; else empty.
inline std::string_view setting_that_hides(std::string_view path) {
    if (!is_under_systemd()) {
        return {};
    }
    for (const std::string_view home : {"/home/", "/root/", "/run/user/"}) {
        if (path.starts_with(home)) {
            return "ProtectHome=";
        }
    }
    return path.starts_with("/tmp/") || path.starts_with("/var/tmp/") ? "PrivateTmp=" : "";
}

}  // namespace smcroute
