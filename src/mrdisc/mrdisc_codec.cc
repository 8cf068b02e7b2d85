// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mrdisc/mrdisc_codec.h"

#include <array>
#include <cstring>

#include <netinet/in.h>

#include "base/byte_reader.h"

namespace smcroute {

namespace {

using Type = MrdiscMessage::Type;

constexpr std::array kTypes = {Type::kAdvertisement, Type::kSolicitation, Type::kTermination};
constexpr std::array<uint8_t, kTypes.size()> kTypeBytes4 = {0x30, 0x31, 0x32};
constexpr std::array<uint8_t, kTypes.size()> kTypeBytes6 = {151, 152, 153};

constexpr Address::Ipv4Bytes kAllRouters4 = {224, 0, 0, 2};
constexpr Address::Ipv4Bytes kAllSnoopers4 = {224, 0, 0, 106};
constexpr Address::Ipv6Bytes kAllRouters6 = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
constexpr Address::Ipv6Bytes kAllSnoopers6 = {0xff, 0x02, 0, 0, 0, 0, 0, 0,
                                              0,    0,    0, 0, 0, 0, 0, 0x6a};

// Both families use one layout; in an ICMPv6 message the interval takes the place of the code.
struct Wire {
    uint8_t type;
    uint8_t interval_s;
    uint16_t checksum;
};
struct WireQueries {
    uint16_t interval_s;
    uint16_t robustness;
};
static_assert(sizeof(Wire) == 4 && sizeof(WireQueries) == 4);

struct Ipv4Header {
    uint8_t version_and_length;
    uint8_t tos;
    uint16_t total_length;
    uint16_t id;
    uint16_t fragment;
    uint8_t ttl;
    uint8_t protocol;
    uint16_t checksum;
    Address::Ipv4Bytes source;
    Address::Ipv4Bytes destination;
};
static_assert(sizeof(Ipv4Header) == 20);

// RFC 1071, in network byte order. 0 for bytes that include their own correct checksum.
uint16_t internet_checksum(std::span<const std::byte> bytes) {
    uint32_t sum = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = std::to_integer<uint32_t>(bytes[i]);
        sum += i % 2 == 0 ? byte << 8 : byte;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return htons(static_cast<uint16_t>(~sum));
}

template <typename T>
void append(std::vector<std::byte>& bytes, const T& value) {
    const size_t size = bytes.size();
    bytes.resize(size + sizeof value);
    memcpy(bytes.data() + size, &value, sizeof value);
}

std::optional<Type> type_of(Family family, uint8_t byte) {
    for (const Type type : kTypes) {
        if (mrdisc_type_byte(family, type) == byte) {
            return type;
        }
    }
    return std::nullopt;
}

// Bytes after the known ones are for later versions of the protocol.
std::optional<MrdiscMessage> decode_payload(Family family, std::span<const std::byte> payload,
                                            const Address& destination) {
    ByteReader reader(payload);
    const auto wire = reader.read<Wire>();
    const std::optional<Type> type = wire ? type_of(family, wire->type) : std::nullopt;
    if (!type || destination != mrdisc_group(family, *type)) {
        return std::nullopt;
    }
    if (*type != Type::kAdvertisement) {
        return MrdiscMessage{.type = *type};
    }
    const auto queries = reader.read<WireQueries>();
    if (!queries) {
        return std::nullopt;
    }
    return MrdiscMessage{.type = *type,
                         .interval_s = wire->interval_s,
                         .query_interval_s = ntohs(queries->interval_s),
                         .robustness = ntohs(queries->robustness)};
}

}  // namespace

uint8_t mrdisc_type_byte(Family family, Type type) {
    return (family == Family::kIpv4 ? kTypeBytes4 : kTypeBytes6)[static_cast<size_t>(type)];
}

Address mrdisc_group(Family family, Type type) {
    const bool to_routers = type == Type::kSolicitation;
    if (family == Family::kIpv4) {
        return Address::from_ipv4(to_routers ? kAllRouters4 : kAllSnoopers4);
    }
    return *Address::from_ipv6(to_routers ? kAllRouters6 : kAllSnoopers6);
}

std::vector<std::byte> encode_mrdisc(Family family, const MrdiscMessage& message) {
    std::vector<std::byte> bytes;
    Wire wire{mrdisc_type_byte(family, message.type), 0, 0};
    if (message.type == Type::kAdvertisement) {
        wire.interval_s = message.interval_s;
        append(bytes, wire);
        append(bytes, WireQueries{htons(message.query_interval_s), htons(message.robustness)});
    } else {
        append(bytes, wire);
    }
    if (family == Family::kIpv4) {
        wire.checksum = internet_checksum(bytes);
        memcpy(bytes.data(), &wire, sizeof wire);
    }
    return bytes;
}

std::optional<MrdiscMessage> decode_mrdisc4(std::span<const std::byte> packet) {
    const auto header = ByteReader(packet).read<Ipv4Header>();
    if (!header || header->version_and_length >> 4 != 4 || header->protocol != IPPROTO_IGMP ||
        header->ttl != 1) {
        return std::nullopt;
    }
    const size_t header_size = (header->version_and_length & 0xfU) * 4;
    const size_t total_size = ntohs(header->total_length);
    if (header_size < sizeof *header || total_size < header_size || packet.size() < total_size) {
        return std::nullopt;
    }
    const auto payload = packet.first(total_size).subspan(header_size);
    if (internet_checksum(payload) != 0) {
        return std::nullopt;
    }
    return decode_payload(Family::kIpv4, payload, Address::from_ipv4(header->destination));
}

std::optional<MrdiscMessage> decode_mrdisc6(std::span<const std::byte> payload,
                                            const Address& destination, int hop_limit) {
    if (hop_limit != 1) {
        return std::nullopt;
    }
    return decode_payload(Family::kIpv6, payload, destination);
}

}  // namespace smcroute
