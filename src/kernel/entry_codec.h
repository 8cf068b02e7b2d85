// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What rtnetlink says of one multicast entry: bytes only, no socket. Layouts are those of
// RTM_GETROUTE for the families RTNL_FAMILY_IPMR and RTNL_FAMILY_IP6MR; lengths come from the
// kernel and are checked all the same.
#pragma once

#include <chrono>
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

struct EntryAnswer {
    uint32_t sequence = 0;
    int errno_value = 0;  // not 0: the kernel refused
    // Since the entry was last used (RTA_EXPIRES, in hundredths of a second).
    std::optional<std::chrono::milliseconds> idle;
};

// Nothing if it is neither a route nor an error.
std::optional<EntryAnswer> decode_entry_answer(std::span<const std::byte> message);

// The request for every entry of a family. A kernel before 4.20 answers with those of all its
// tables.
std::vector<std::byte> encode_entry_dump(Family family, std::optional<uint32_t> table);

// Appends the entries of one datagram that are of this family and table.
NetlinkReport decode_entries(std::span<const std::byte> datagram, Family family,
                             std::optional<uint32_t> table, std::vector<FoundEntry>& entries);

}  // namespace smcroute
