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
    // Asked for by name: one that is refused ends the start, and others are left alone. None: what
    // there is.
    std::array<bool, kFamilies.size()> named = {};

    bool is_named(Family family) const { return named[index_of(family)]; }
    bool wants(Family family) const { return is_named(family) || named == decltype(named){}; }
};

struct RoutingSockets {
    std::array<UniqueFd, kFamilies.size()> fds;
    // Why there is none for a family; of status kOk if nobody wants it.
    std::array<std::optional<Error>, kFamilies.size()> refusals;
};

// Opens those that are wanted and not given. A family that this kernel cannot route (kNoMulticast),
// or whose table another process owns (kUnavailable), is left out, with the refusal. An error is
// that no family is left, that one asked for by name is refused, or that privilege is missing
// (kNoPermission).
Result<RoutingSockets> open_routing_sockets(const KernelOptions& options,
                                            RoutingSockets given = {});

// Whether a descriptor that came from elsewhere is a socket of that kind; not, whose table it owns.
bool is_routing_socket(int fd, Family family);

// Gives up the table of that socket, and with it all VIFs and entries, whoever else has the socket.
void end_routing(int fd, Family family);

}  // namespace smcroute
