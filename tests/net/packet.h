// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors
//
// The packets of the test tool as values: addresses, the numbered stamp in every payload, and the
// bytes of a whole IPv4 or IPv6 packet in both directions. No sockets here.

#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>

using Bytes = std::vector<uint8_t>;

struct Address {
    sa_family_t family = AF_UNSPEC;
    std::array<uint8_t, 16> bytes{};

    auto operator<=>(const Address&) const = default;
    size_t length() const { return family == AF_INET ? 4 : 16; }
    bool is_multicast() const {
        return family == AF_INET ? (bytes[0] & 0xf0) == 0xe0 : bytes[0] == 0xff;
    }
    std::string to_string() const {
        std::array<char, INET6_ADDRSTRLEN> text{};
        return inet_ntop(family, bytes.data(), text.data(), text.size());
    }
    Address plus(uint32_t steps) const {
        Address result = *this;
        for (size_t i = length(); i-- > 0 && steps > 0; steps >>= 8) {
            steps += result.bytes[i];
            result.bytes[i] = static_cast<uint8_t>(steps);
        }
        return result;
    }
};

inline std::optional<Address> parse_address(const std::string& text) {
    Address result;
    result.family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
    const bool valid = inet_pton(result.family, text.c_str(), result.bytes.data()) == 1;
    return valid ? std::optional(result) : std::nullopt;
}

struct Stamp {
    uint32_t magic = 0x6d637374;
    uint32_t run = 0;  // one for each call of "send", so that two calls are two streams
    uint32_t number = 0;
    uint32_t count = 0;
};

struct Packet {
    Address source;
    Address group;
    int ttl = 0;
    Stamp stamp;
    Bytes other;  // the whole frame, when it is none of ours
};

inline uint16_t internet_checksum(std::span<const uint8_t> bytes, uint32_t sum = 0) {
    for (size_t i = 0; i < bytes.size(); ++i) {
        sum += i % 2 == 0 ? uint32_t{bytes[i]} << 8 : bytes[i];
    }
    while (sum > 0xffff) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return htons(static_cast<uint16_t>(~sum));
}

template <typename T>
void append(Bytes& to, const T& value) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
    to.insert(to.end(), bytes, bytes + sizeof value);
}

template <typename T>
bool take(std::span<const uint8_t>& from, T& value) {
    if (from.size() < sizeof value) {
        return false;
    }
    std::memcpy(&value, from.data(), sizeof value);
    from = from.subspan(sizeof value);
    return true;
}

inline Bytes ip_header(const Packet& packet, size_t udp_length) {
    Bytes result;
    if (packet.group.family == AF_INET) {
        iphdr header{};
        header.version = 4;
        header.ihl = 5;
        header.tot_len = htons(static_cast<uint16_t>(sizeof header + udp_length));
        header.ttl = static_cast<uint8_t>(packet.ttl);
        header.protocol = IPPROTO_UDP;
        std::memcpy(&header.saddr, packet.source.bytes.data(), 4);
        std::memcpy(&header.daddr, packet.group.bytes.data(), 4);
        append(result, header);
        const uint16_t sum = internet_checksum(result);
        std::memcpy(&result[offsetof(iphdr, check)], &sum, sizeof sum);
    } else {
        ip6_hdr header{};
        header.ip6_flow = htonl(6U << 28);
        header.ip6_plen = htons(static_cast<uint16_t>(udp_length));
        header.ip6_nxt = IPPROTO_UDP;
        header.ip6_hlim = static_cast<uint8_t>(packet.ttl);
        std::memcpy(&header.ip6_src, packet.source.bytes.data(), 16);
        std::memcpy(&header.ip6_dst, packet.group.bytes.data(), 16);
        append(result, header);
    }
    return result;
}

inline Bytes whole_packet(const Packet& packet, const Bytes& payload, unsigned port) {
    const auto net_port = htons(static_cast<uint16_t>(port));
    const auto length = static_cast<uint16_t>(sizeof(udphdr) + payload.size());
    Bytes udp;
    for (const uint16_t field : {net_port, net_port, htons(length), uint16_t{0}}) {
        append(udp, field);
    }
    udp.insert(udp.end(), payload.begin(), payload.end());

    uint32_t pseudo = IPPROTO_UDP + uint32_t{length};  // RFC 768, RFC 8200 section 8.1
    for (size_t i = 0; i < packet.group.length(); ++i) {
        const unsigned shift = i % 2 == 0 ? 8 : 0;
        pseudo += (uint32_t{packet.source.bytes[i]} + packet.group.bytes[i]) << shift;
    }
    // 0 stands for no checksum (RFC 768), and IPv6 takes no packet without one.
    uint16_t sum = internet_checksum(udp, pseudo);
    sum = sum == 0 ? uint16_t{0xffff} : sum;
    std::memcpy(&udp[offsetof(udphdr, check)], &sum, sizeof sum);

    Bytes result = ip_header(packet, udp.size());
    result.insert(result.end(), udp.begin(), udp.end());
    return result;
}

// False for whatever is no numbered multicast packet: IGMP, MLD, neighbour discovery.
inline bool decode_frame(std::span<const uint8_t> bytes, Packet& packet) {
    uint8_t protocol = 0;
    if (!bytes.empty() && bytes[0] >> 4 == 4) {
        iphdr header{};
        if (!take(bytes, header)) {
            return false;
        }
        packet.source.family = packet.group.family = AF_INET;
        std::memcpy(packet.source.bytes.data(), &header.saddr, 4);
        std::memcpy(packet.group.bytes.data(), &header.daddr, 4);
        packet.ttl = header.ttl;
        protocol = header.ihl == 5 ? header.protocol : 0;
    } else {
        ip6_hdr header{};
        if (!take(bytes, header)) {
            return false;
        }
        packet.source.family = packet.group.family = AF_INET6;
        std::memcpy(packet.source.bytes.data(), &header.ip6_src, 16);
        std::memcpy(packet.group.bytes.data(), &header.ip6_dst, 16);
        packet.ttl = header.ip6_hlim;
        protocol = header.ip6_nxt;
    }
    udphdr udp{};
    return protocol == IPPROTO_UDP && take(bytes, udp) && take(bytes, packet.stamp) &&
           packet.stamp.magic == Stamp{}.magic && packet.group.is_multicast();
}
