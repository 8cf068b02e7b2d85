// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// IP packets as a tap sees them: bytes to values. Pure. Only the headers are judged; a packet that
// contradicts its own lengths is nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "mcast/route.h"

namespace smcroute {

// A tap keeps so many bytes of each packet: headers, and what tells one packet from another.
inline constexpr size_t kTappedBytes = 128;

struct TappedPacket {
    Flow flow;
    uint8_t ttl = 0;
    uint32_t size = 0;  // of the whole packet, as its header says
    bool may_fragment = false;
    bool is_fragment = false;
    bool is_damaged = false;  // the checksum of an IPv4 header is wrong
    uint64_t digest = 0;      // the same for a packet before and after routers

    friend bool operator==(const TappedPacket&, const TappedPacket&) = default;
};

// Nothing if it is not to a multicast group.
std::optional<TappedPacket> decode_packet(std::span<const std::byte> bytes);

}  // namespace smcroute
