// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Prefix: an address and a length, ADDR/LEN. Bits below the length are always zero, so equal
// prefixes are equal values. A plain address is a prefix of full length; length 0 is "any".
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mcast/address.h"

namespace smcroute {

class Prefix {
public:
    // A prefix that holds just this address.
    explicit Prefix(const Address& address);
    // 0.0.0.0/0 or ::/0
    static Prefix any(Family family);
    // Nothing if `length` exceeds the family's bits. Lower bits are cleared.
    static std::optional<Prefix> make(const Address& address, unsigned length);
    // ADDR or ADDR/LEN.
    static std::optional<Prefix> parse(std::string_view text);

    Family family() const { return address_.family(); }
    const Address& address() const { return address_; }
    uint8_t length() const { return length_; }

    bool is_single() const { return length_ == address_bits(family()); }
    bool is_any() const { return length_ == 0; }
    bool contains(const Address& address) const;
    bool contains(const Prefix& other) const;
    bool overlaps(const Prefix& other) const { return contains(other) || other.contains(*this); }

    // The highest address in it: address() and last() bound an ordered range.
    Address last() const;
    // The number of addresses, or the highest uint64_t if there are more.
    uint64_t size() const;

    friend auto operator<=>(const Prefix&, const Prefix&) = default;

private:
    Prefix(const Address& address, uint8_t length) : address_(address), length_(length) {}

    Address address_;
    uint8_t length_;
};

// Calls visit(const Address&) for each address, lowest first.
template <typename Visit>
void for_each_address(const Prefix& prefix, Visit visit) {
    const Address last = prefix.last();
    for (Address address = prefix.address();; address = address.next()) {
        visit(address);
        if (address == last) {
            return;
        }
    }
}

// ADDR for a single address, else ADDR/LEN.
std::string to_string(const Prefix& prefix);

}  // namespace smcroute

template <>
struct std::hash<smcroute::Prefix> {
    size_t operator()(const smcroute::Prefix& prefix) const noexcept {
        return smcroute::hash_of(prefix.address()) * 131 + prefix.length();
    }
};
