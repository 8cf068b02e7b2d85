// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// ControlAccess: who may do what over the control socket, besides root, who may do everything.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "os/privileges.h"

namespace smcroute {

struct ControlAccess {
    uid_t owner = 0;    // everything too,
    uid_t starter = 0;  // but for the descriptors, which are for whoever could open them
    std::optional<GroupIdentity> readers = std::nullopt;  // what changes nothing
    // That of the daemon, for clients to compare with theirs: network_namespace().
    std::string network = {};

    // Whom to open the socket file to.
    std::optional<gid_t> group() const {
        return readers ? std::optional(readers->gid) : std::nullopt;
    }
};

}  // namespace smcroute
