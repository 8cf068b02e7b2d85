// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// ControlAccess: who may do what over the control socket. Root may do everything.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "os/privileges.h"

namespace smcroute {

struct ControlAccess {
    uid_t owner = 0;    // may do everything except take over the descriptors
    uid_t starter = 0;  // may take them over too: it could open them itself
    std::optional<GroupIdentity> readers = std::nullopt;  // may only read
    // The daemon's network_namespace(), for clients to compare with theirs.
    std::string network = {};

    // The group that may open the socket file.
    std::optional<gid_t> group() const {
        return readers ? std::optional(readers->gid) : std::nullopt;
    }
};

}  // namespace smcroute
