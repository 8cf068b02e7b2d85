// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/packet_codec.h"

#include <bit>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>

#include "base/byte_reader.h"

namespace smcroute {

namespace {

using Bytes = std::span<const std::byte>;

// FNV-1a, over all bytes but those that routers change.
class Digest {
public:
    void add(Bytes bytes) {
        for (const std::byte byte : bytes) {
            value_ = (value_ ^ static_cast<uint8_t>(byte)) * 0x100000001b3U;
        }
    }
    uint64_t value() const { return value_; }

private:
    uint64_t value_ = 0xcbf29ce484222325U;
};

bool is_checksum_right(Bytes header) {
    uint32_t sum = 0;
    for (size_t i = 0; i + 1 < header.size(); i += 2) {
        sum += static_cast<uint32_t>(header[i]) << 8 | static_cast<uint32_t>(header[i + 1]);
    }
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum == 0xffff;
}

Address address4(uint32_t raw) {
    return Address::from_ipv4(std::bit_cast<Address::Ipv4Bytes>(raw));
}

std::optional<Address> address6(const in6_addr& raw) {
    return Address::from_ipv6(std::bit_cast<Address::Ipv6Bytes>(raw));
}

std::optional<TappedPacket> decode4(Bytes bytes) {
    const auto header = ByteReader(bytes).read<iphdr>();
    const size_t length = header ? header->ihl * size_t{4} : 0;
    if (length < sizeof(iphdr) || length > bytes.size()) {
        return std::nullopt;
    }
    constexpr size_t kTtl = 8;
    constexpr size_t kAddresses = 12;
    Digest digest;
    digest.add(bytes.first(kTtl));
    digest.add(bytes.subspan(kAddresses));
    const unsigned offset = ntohs(header->frag_off);
    return TappedPacket{.flow = {address4(header->daddr), address4(header->saddr)},
                        .ttl = header->ttl,
                        .size = ntohs(header->tot_len),
                        .may_fragment = (offset & IP_DF) == 0,
                        .is_fragment = (offset & (IP_MF | IP_OFFMASK)) != 0,
                        .is_damaged = !is_checksum_right(bytes.first(length)),
                        .digest = digest.value()};
}

std::optional<TappedPacket> decode6(Bytes bytes) {
    const auto header = ByteReader(bytes).read<ip6_hdr>();
    const auto source = header ? address6(header->ip6_src) : std::nullopt;
    const auto group = header ? address6(header->ip6_dst) : std::nullopt;
    if (!source || !group) {
        return std::nullopt;
    }
    constexpr size_t kHopLimit = 7;
    Digest digest;
    digest.add(bytes.first(kHopLimit));
    digest.add(bytes.subspan(kHopLimit + 1));
    return TappedPacket{.flow = {*group, *source},
                        .ttl = header->ip6_hlim,
                        .size = ntohs(header->ip6_plen) + static_cast<uint32_t>(sizeof *header),
                        .is_fragment = header->ip6_nxt == IPPROTO_FRAGMENT,
                        .digest = digest.value()};
}

}  // namespace

std::optional<TappedPacket> decode_packet(Bytes bytes) {
    const unsigned version = bytes.empty() ? 0 : static_cast<unsigned>(bytes[0]) >> 4;
    const auto packet = version == 4   ? decode4(bytes)
                        : version == 6 ? decode6(bytes)
                                       : std::nullopt;
    return packet && packet->flow.group.is_multicast() ? packet : std::nullopt;
}

}  // namespace smcroute
