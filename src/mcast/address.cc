// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/address.h"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace smcroute {

namespace {

constexpr size_t kMappedPrefixSize = 12;
constexpr std::array<uint8_t, kMappedPrefixSize> kMappedPrefix = {0, 0, 0, 0, 0,    0,
                                                                  0, 0, 0, 0, 0xff, 0xff};

// A dotted quad as inet_pton() takes it, without leading zeros, but in a fifth of the time: a large
// file has two in each line.
std::optional<Address> parse_dotted(std::string_view text) {
    const char* at = text.data();
    const char* const end = at + text.size();
    uint32_t number = 0;
    for (int part = 0; part < 4; ++part) {
        if (part > 0 && (at == end || *at++ != '.')) {
            return std::nullopt;
        }
        const char* const begin = at;
        unsigned value = 0;
        for (; at != end && *at >= '0' && *at <= '9'; ++at) {
            value = value * 10 + static_cast<unsigned>(*at - '0');
            if (value > UINT8_MAX || (at != begin && *begin == '0')) {
                return std::nullopt;
            }
        }
        if (at == begin) {
            return std::nullopt;
        }
        number = number << 8 | value;
    }
    return at == end ? std::optional(Address::from_ipv4_number(number)) : std::nullopt;
}

}  // namespace

std::string_view to_string(Family family) { return family == Family::kIpv4 ? "IPv4" : "IPv6"; }

std::optional<Address> Address::parse(std::string_view text) {
    if (const auto address = parse_dotted(text)) {
        return address;
    }
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    // inet_pton() would stop at a NUL and accept the part before it.
    if (text.size() >= buffer.size() || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    std::copy(text.begin(), text.end(), buffer.begin());
    Ipv6Bytes bytes{};
    if (inet_pton(AF_INET6, buffer.data(), bytes.data()) != 1) {
        return std::nullopt;
    }
    return from_ipv6(bytes);
}

Address Address::from_ipv4(const Ipv4Bytes& bytes) {
    Ipv6Bytes mapped{};
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), mapped.begin());
    std::copy(bytes.begin(), bytes.end(), mapped.begin() + kMappedPrefixSize);
    return Address(mapped);
}

std::optional<Address> Address::from_ipv6(const Ipv6Bytes& bytes) {
    const Address address(bytes);
    return address.family() == Family::kIpv6 ? std::optional(address) : std::nullopt;
}

Address Address::any(Family family) {
    return family == Family::kIpv4 ? from_ipv4({}) : Address(Ipv6Bytes{});
}

bool Address::is_multicast() const {
    return family() == Family::kIpv4 ? (bytes_[kMappedPrefixSize] & 0xf0) == 0xe0
                                     : bytes_[0] == 0xff;
}

Address Address::next() const {
    Address next = *this;
    for (size_t i = bytes_.size(); i-- > 0;) {
        if (++next.bytes_[i] != 0) {
            break;
        }
    }
    return next;
}

Address::Ipv4Bytes Address::ipv4() const {
    Ipv4Bytes bytes{};
    std::copy(bytes_.begin() + kMappedPrefixSize, bytes_.end(), bytes.begin());
    return bytes;
}

// A long table has two addresses in each row: too many IPv4 ones for inet_ntop(), which uses a
// printf format.
std::string to_string(const Address& address) {
    std::array<char, INET6_ADDRSTRLEN> text;
    if (address.family() == Family::kIpv6) {
        return inet_ntop(AF_INET6, address.ipv6().data(), text.data(), text.size());
    }
    char* end = text.data();
    for (const uint8_t byte : address.ipv4()) {
        end = std::to_chars(end, text.data() + text.size(), byte).ptr;
        *end++ = '.';
    }
    return {text.data(), end - 1};
}

sockaddr_storage sockaddr_of(const Address& address, unsigned ifindex) {
    sockaddr_storage storage{};
    if (address.family() == Family::kIpv4) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        memcpy(&in.sin_addr, address.ipv4().data(), sizeof in.sin_addr);
        memcpy(&storage, &in, sizeof in);
    } else {
        sockaddr_in6 in6{};
        in6.sin6_family = AF_INET6;
        in6.sin6_scope_id = ifindex;
        memcpy(&in6.sin6_addr, address.ipv6().data(), sizeof in6.sin6_addr);
        memcpy(&storage, &in6, sizeof in6);
    }
    return storage;
}

}  // namespace smcroute
