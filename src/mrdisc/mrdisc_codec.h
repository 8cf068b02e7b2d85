// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The messages of Multicast Router Discovery (RFC 4286) as bytes: a few IGMP types over IPv4, a few
// ICMPv6 types over IPv6. Pure. The socket sends them and sets what a socket option can set (TTL,
// Router Alert, the ICMPv6 checksum).
//
// The invariant: a decoder returns only messages that RFC 4286 tells a receiver to accept. The
// Router Alert option is not required, since the kernel does not pass it on for IPv6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "mcast/address.h"

namespace smcroute {

struct MrdiscMessage {
    enum class Type : uint8_t { kAdvertisement, kSolicitation, kTermination };

    Type type = Type::kAdvertisement;
    // Only in an advertisement. The last two describe the IGMP or MLD queries that the sender makes
    // on this link; 0: it makes none.
    uint8_t interval_s = 0;
    uint16_t query_interval_s = 0;
    uint16_t robustness = 0;

    friend bool operator==(const MrdiscMessage&, const MrdiscMessage&) = default;
};

// The value of the type in the first byte of a message.
uint8_t mrdisc_type_byte(Family family, MrdiscMessage::Type type);

// The destination of such a message: All-Snoopers, or All-Routers for a solicitation.
Address mrdisc_group(Family family, MrdiscMessage::Type type);

// The payload of an IP packet. The checksum of IPv6 is 0 and filled in by the kernel: it covers
// addresses that only the kernel chooses.
std::vector<std::byte> encode_mrdisc(Family family, const MrdiscMessage& message);

// Decodes a packet from a raw IPv4 socket, IP header included.
std::optional<MrdiscMessage> decode_mrdisc4(std::span<const std::byte> packet);

// Decodes a payload from a raw ICMPv6 socket, whose checksum the kernel has verified, with the
// fields of its IP header.
std::optional<MrdiscMessage> decode_mrdisc6(std::span<const std::byte> payload,
                                            const Address& destination, int hop_limit);

}  // namespace smcroute
