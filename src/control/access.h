// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// ControlAccess: who may do what over the control socket, besides root, who may do everything.
#pragma once

#include <optional>

#include <sys/types.h>

#include "os/privileges.h"

namespace smcroute {

struct ControlAccess {
    uid_t owner = 0;                                      // everything too
    std::optional<GroupIdentity> readers = std::nullopt;  // what changes nothing

    // Whom to open the socket file to.
    std::optional<gid_t> group() const {
        return readers ? std::optional(readers->gid) : std::nullopt;
    }
};

}  // namespace smcroute
