// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Codec for rtnetlink messages about multicast entries and about the unicast route to one address:
// bytes only, no socket. Layouts are those of RTM_GETROUTE for the families RTNL_FAMILY_IPMR and
// RTNL_FAMILY_IP6MR, AF_INET and AF_INET6; lengths come from the kernel and are still checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernel/kernel.h"
#include "kernel/netlink_codec.h"
#include "mcast/route.h"

namespace smcroute {

// The request for one entry of a kernel table; `sequence` comes back in the answer.
std::vector<std::byte> encode_entry_request(const Flow& flow, std::optional<uint32_t> table,
                                            uint32_t sequence);

// The request for the unicast route to an address, with all its next hops.
std::vector<std::byte> encode_unicast_request(const Address& address, uint32_t sequence);

struct RouteAnswer {
    uint32_t sequence = 0;
    int errno_value = 0;  // not 0: the kernel refused
    // For a multicast entry; nothing if it makes no sense.
    std::optional<FoundEntry> entry = std::nullopt;
    // The interfaces of a unicast route; empty for one that leads nowhere.
    std::vector<unsigned> next_hops = {};
};

// Nothing if the message is neither a route nor an error. An entry must be of this family.
std::optional<RouteAnswer> decode_route_answer(std::span<const std::byte> message, Family family);

// The request for every entry of a family. A kernel before 4.20 answers with the entries of all its
// tables.
std::vector<std::byte> encode_entry_dump(Family family, std::optional<uint32_t> table);

// Appends those entries of one datagram that are of this family and table.
NetlinkReport decode_entries(std::span<const std::byte> datagram, Family family,
                             std::optional<uint32_t> table, std::vector<FoundEntry>& entries);

}  // namespace smcroute
