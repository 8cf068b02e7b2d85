// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Address: an IPv4 or IPv6 address as one 16-byte value, so that both families share every line
// above the socket options. An IPv4 address is kept in its IPv4-mapped form (::ffff:a.b.c.d); the
// mapped form is therefore not a valid IPv6 address here, and every value belongs to a family.
// Pure; text conversion is libc's.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr_storage;

namespace smcroute {

enum class Family : uint8_t { kIpv4, kIpv6 };
inline constexpr std::array<Family, 2> kFamilies = {Family::kIpv4, Family::kIpv6};
inline constexpr size_t index_of(Family family) { return static_cast<size_t>(family); }
// "IPv4" or "IPv6".
std::string_view to_string(Family family);
// 32 or 128.
constexpr uint8_t address_bits(Family family) { return family == Family::kIpv4 ? 32 : 128; }

class Address {
public:
    using Ipv4Bytes = std::array<uint8_t, 4>;
    using Ipv6Bytes = std::array<uint8_t, 16>;

    // Dotted quad or RFC 4291 text; no zone, no prefix length, no IPv4-mapped form.
    static std::optional<Address> parse(std::string_view text);
    // Bytes in network order. from_ipv6() refuses the IPv4-mapped form.
    static Address from_ipv4(const Ipv4Bytes& bytes);
    // The bytes as a number: 1.2.3.4 is 0x01020304.
    static Address from_ipv4_number(uint32_t number) {
        const std::array<uint64_t, 2> halves = {0, ordered(uint64_t{0xffff} << 32 | number)};
        return Address(std::bit_cast<Ipv6Bytes>(halves));
    }
    static std::optional<Address> from_ipv6(const Ipv6Bytes& bytes);
    // 0.0.0.0 or ::
    static Address any(Family family);

    Family family() const {
        const bool is_mapped = half(0) == 0 && ordered_half(1) >> 32 == 0xffff;
        return is_mapped ? Family::kIpv4 : Family::kIpv6;
    }
    bool is_any() const {
        return half(0) == 0 && (half(1) == 0 || ordered_half(1) == uint64_t{0xffff} << 32);
    }
    bool is_multicast() const;
    // IPv6 fe80::/10: means another host on each link.
    bool is_link_local() const { return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80; }
    // The next address. After the last one of a family it is not meaningful.
    Address next() const;

    // In network order. Call ipv4() only on an IPv4 address.
    Ipv4Bytes ipv4() const;
    uint32_t ipv4_number() const { return static_cast<uint32_t>(ordered_half(1)); }
    const Ipv6Bytes& ipv6() const { return bytes_; }

    // In byte order: IPv4 addresses sort after the IPv6 ones in ::/80 and before all other IPv6
    // ones.
    friend auto operator<=>(const Address& a, const Address& b) {
        const auto upper = a.ordered_half(0) <=> b.ordered_half(0);
        return upper != 0 ? upper : a.ordered_half(1) <=> b.ordered_half(1);
    }
    friend bool operator==(const Address& a, const Address& b) {
        return a.half(0) == b.half(0) && a.half(1) == b.half(1);
    }

private:
    friend class Prefix;
    friend size_t hash_of(const Address& address) noexcept;
    explicit Address(const Ipv6Bytes& bytes) : bytes_(bytes) {}

    // The upper or lower eight bytes as they lie in memory. Comparing these is quicker than
    // comparing byte by byte.
    uint64_t half(size_t index) const {
        uint64_t value = 0;
        memcpy(&value, bytes_.data() + index * sizeof value, sizeof value);
        return value;
    }

    // Between a half in memory and a number that sorts in byte order.
    static uint64_t ordered(uint64_t half) {
        return std::endian::native == std::endian::little ? __builtin_bswap64(half) : half;
    }
    uint64_t ordered_half(size_t index) const { return ordered(half(index)); }
    static Address from_ordered(uint64_t upper, uint64_t lower) {
        const std::array<uint64_t, 2> halves = {ordered(upper), ordered(lower)};
        Ipv6Bytes bytes;
        memcpy(bytes.data(), halves.data(), bytes.size());
        return Address(bytes);
    }

    Ipv6Bytes bytes_;
};

std::string to_string(const Address& address);

// As system calls have it. `ifindex` is the link that an IPv6 address belongs to; 0: any.
sockaddr_storage sockaddr_of(const Address& address, unsigned ifindex = 0);

// A well-mixed hash of both halves.
inline size_t hash_of(const Address& address) noexcept {
    uint64_t mixed = (address.half(0) ^ 0x9e3779b97f4a7c15U) * 0xff51afd7ed558ccdU;
    mixed = (mixed ^ (mixed >> 32) ^ address.half(1)) * 0xc4ceb9fe1a85ec53U;
    // The last bytes of an address are the first of a half, or the last, and so in its upper bits.
    return static_cast<size_t>(sizeof(size_t) < sizeof mixed ? mixed >> 32 : mixed ^ (mixed >> 29));
}

}  // namespace smcroute

template <>
struct std::hash<smcroute::Address> {
    size_t operator()(const smcroute::Address& address) const noexcept {
        return smcroute::hash_of(address);
    }
};
