// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What the environment says: variables that are meant for this process alone, and not for its
// scripts, and where we run.
#pragma once

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

namespace smcroute {

// The variable's value, which is then removed; empty if it was not there.
inline std::string take_variable(const char* name) {
    const char* const value = getenv(name);
    std::string taken = value == nullptr ? "" : value;
    unsetenv(name);
    return taken;
}

// The manager sets it for each service.
inline bool is_under_systemd() { return getenv("INVOCATION_ID") != nullptr; }

// What to do about a file system that is read-only, if it is our unit file that makes it so.
inline std::string_view read_only_remedy(int errno_value) {
    return errno_value == EROFS && is_under_systemd()
               ? " (ReadWritePaths= of the service says where it may be)"
               : "";
}

// Under systemd, the setting of our unit file that hides such a path from us; else empty.
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
