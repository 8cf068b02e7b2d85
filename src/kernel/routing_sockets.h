// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// RoutingSockets: the multicast routing sockets of both families, open and owned. Opening them
// takes privilege, using them takes none: whoever has that privilege may open them for somebody
// else, and what they installed stays for as long as anybody holds them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "mcast/address.h"
#include "os/unique_fd.h"

namespace smcroute {

struct KernelOptions {
    std::optional<uint32_t> table = std::nullopt;  // the default table if not given
};

struct RoutingSockets {
    std::array<UniqueFd, kFamilies.size()> fds;
    // Why there is none for a family.
    std::array<std::optional<Error>, kFamilies.size()> refusals;
};

// Opens those that are not given. A family that this kernel cannot route is left out, with the
// refusal; an error is that neither can be routed (kNoMulticast), that another process owns a table
// (kUnavailable), or that privilege is missing (kNoPermission).
Result<RoutingSockets> open_routing_sockets(const KernelOptions& options,
                                            RoutingSockets given = {});

// Whether a descriptor that came from elsewhere is a socket of that kind; not, whose table it owns.
bool is_routing_socket(int fd, Family family);

}  // namespace smcroute
