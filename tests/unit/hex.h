// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Bytes written as hexadecimal text, for captured messages.
#pragma once

#include <bit>
#include <charconv>
#include <cstddef>
#include <string_view>
#include <vector>

namespace smcroute::test {

// Captures hold numbers in the order of the machine they were made on.
inline constexpr bool kCapturesReadable = std::endian::native == std::endian::little;

inline std::vector<std::byte> bytes_of(std::string_view hex) {
    std::vector<std::byte> bytes(hex.size() / 2);
    for (size_t i = 0; i < bytes.size(); ++i) {
        const char* const digits = hex.data() + 2 * i;
        unsigned value = 0;
        std::from_chars(digits, digits + 2, value, 16);
        bytes[i] = static_cast<std::byte>(value);
    }
    return bytes;
}

}  // namespace smcroute::test
