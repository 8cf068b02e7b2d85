// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// RoutingSockets: the multicast routing sockets of both families, open and owned. Opening them
// needs privilege, using them does not: a privileged process may open them for another one, and
// what they installed stays as long as any process holds them.
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
    // The families asked for by name (-4, -6): if one of them is refused, the start fails; other
    // families are left alone. None named: use the families that are there.
    std::array<bool, kFamilies.size()> named = {};

    bool is_named(Family family) const { return named[index_of(family)]; }
    bool wants(Family family) const { return is_named(family) || named == decltype(named){}; }
};

struct RoutingSockets {
    std::array<UniqueFd, kFamilies.size()> fds;
    // Why a family has no socket; status kOk if nobody wants it.
    std::array<std::optional<Error>, kFamilies.size()> refusals;
};

// Opens the wanted sockets that are not given. A family that this kernel cannot route
// (kNoMulticast), or whose table another process owns (kUnavailable), is left out, with the
// refusal. It is an error if no family is left, if a family asked for by name is refused, or if
// privilege is missing (kNoPermission).
Result<RoutingSockets> open_routing_sockets(const KernelOptions& options,
                                            RoutingSockets given = {});

// Whether a descriptor from elsewhere is a routing socket of that family; it does not tell whose
// table it owns.
bool is_routing_socket(int fd, Family family);

// Gives up the table of that socket, and with it all VIFs and entries, even if others hold the
// socket.
void end_routing(int fd, Family family);

}  // namespace smcroute
