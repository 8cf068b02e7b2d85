// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/prefix.h"

#include "base/text.h"

namespace smcroute {

namespace {

// An IPv4 prefix of length L is a prefix of length 96 + L over the mapped form.
unsigned bits_in_bytes(Family family, unsigned length) {
    return length + 128U - address_bits(family);
}

// The byte at `index` of a mask with `bits` leading ones.
uint8_t mask_byte(unsigned bits, size_t index) {
    const unsigned start = static_cast<unsigned>(index) * 8;
    if (bits <= start) {
        return 0;
    }
    const unsigned ones = bits - start;
    return ones >= 8 ? uint8_t{0xff} : static_cast<uint8_t>(0xff00U >> ones);
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
    Address masked = address;
    const unsigned bits = bits_in_bytes(family, length);
    for (size_t i = 0; i < masked.bytes_.size(); ++i) {
        masked.bytes_[i] &= mask_byte(bits, i);
    }
    return Prefix(masked, static_cast<uint8_t>(length));
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
    const size_t slash = text.find('/');
    const auto address = Address::parse(text.substr(0, slash));
    if (!address) {
        return std::nullopt;
    }
    if (slash == std::string_view::npos) {
        return Prefix(*address);
    }
    const auto length = parse_number<unsigned>(text.substr(slash + 1));
    return length ? make(*address, *length) : std::nullopt;
}

bool Prefix::contains(const Address& address) const {
    if (is_single()) {
        return address == address_;
    }
    const unsigned bits = bits_in_bytes(family(), length_);
    for (size_t i = 0; i < address.bytes_.size(); ++i) {
        if (((address.bytes_[i] ^ address_.bytes_[i]) & mask_byte(bits, i)) != 0) {
            return false;
        }
    }
    return address.family() == family();
}

bool Prefix::contains(const Prefix& other) const {
    return length_ <= other.length_ && contains(other.address_);
}

uint64_t Prefix::size() const {
    const unsigned free_bits = address_bits(family()) - length_;
    return free_bits < 64 ? uint64_t{1} << free_bits : UINT64_MAX;
}

Address Prefix::last() const {
    Address last = address_;
    const unsigned bits = bits_in_bytes(family(), length_);
    for (size_t i = 0; i < last.bytes_.size(); ++i) {
        last.bytes_[i] |= static_cast<uint8_t>(~mask_byte(bits, i));
    }
    return last;
}

std::string to_string(const Prefix& prefix) {
    const std::string address = to_string(prefix.address());
    return prefix.is_single() ? address : cat({address, "/", std::to_string(prefix.length())});
}

}  // namespace smcroute
