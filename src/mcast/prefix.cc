// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/prefix.h"

#include "base/text.h"

namespace smcroute {

namespace {

// The upper or lower half of a mask of that length. An IPv4 prefix of length L is a prefix of
// length 96 + L over the mapped form.
uint64_t mask_half(Family family, unsigned length, size_t index) {
    constexpr unsigned kBits = 64;
    const unsigned ones = length + 2 * kBits - address_bits(family);
    const unsigned before = static_cast<unsigned>(index) * kBits;
    return ones <= before           ? 0
           : ones - before >= kBits ? UINT64_MAX
                                    : ~(UINT64_MAX >> (ones - before));
}

}  // namespace

Prefix::Prefix(const Address& address)
    : address_(address), length_(address_bits(address.family())) {}

Prefix Prefix::any(Family family) { return Prefix(Address::any(family), 0); }

std::optional<Prefix> Prefix::make(const Address& address, unsigned length) {
    const Family family = address.family();
    if (length > address_bits(family)) {
        return std::nullopt;
    }
    const Address masked =
        Address::from_ordered(address.ordered_half(0) & mask_half(family, length, 0),
                              address.ordered_half(1) & mask_half(family, length, 1));
    return Prefix(masked, static_cast<uint8_t>(length));
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
    if (const auto single = Address::parse(text)) {
        return Prefix(*single);
    }
    const size_t slash = text.find('/');
    if (slash == std::string_view::npos) {
        return std::nullopt;
    }
    const auto address = Address::parse(text.substr(0, slash));
    const auto length = parse_number<unsigned>(text.substr(slash + 1));
    return address && length ? make(*address, *length) : std::nullopt;
}

bool Prefix::contains(const Address& address) const {
    return address.family() == family() && make(address, length_) == *this;
}

bool Prefix::contains(const Prefix& other) const {
    return length_ <= other.length_ && contains(other.address_);
}

uint64_t Prefix::size() const {
    const unsigned free_bits = address_bits(family()) - length_;
    return free_bits < 64 ? uint64_t{1} << free_bits : UINT64_MAX;
}

Address Prefix::last() const {
    return Address::from_ordered(address_.ordered_half(0) | ~mask_half(family(), length_, 0),
                                 address_.ordered_half(1) | ~mask_half(family(), length_, 1));
}

std::string to_string(const Prefix& prefix) {
    const std::string address = to_string(prefix.address());
    return prefix.is_single() ? address : compose("{}/{}", address, prefix.length());
}

}  // namespace smcroute
