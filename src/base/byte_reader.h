// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// ByteReader: the only way to turn bytes from a kernel, a peer or a file into numbers. Every read
// is checked against the bytes left; a read past the end returns nothing and changes nothing.
#pragma once

#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace smcroute {

class ByteReader {
public:
    explicit ByteReader(std::span<const std::byte> bytes) : rest_(bytes) {}

    size_t remaining() const { return rest_.size(); }

    // The next sizeof(T) bytes in host order.
    template <typename T>
    std::optional<T> read() {
        static_assert(std::is_trivially_copyable_v<T>);
        if (rest_.size() < sizeof(T)) {
            return std::nullopt;
        }
        T value;
        memcpy(&value, rest_.data(), sizeof(T));
        rest_ = rest_.subspan(sizeof(T));
        return value;
    }

    // The next `size` bytes, borrowed from the input.
    std::optional<std::span<const std::byte>> take(size_t size) {
        if (rest_.size() < size) {
            return std::nullopt;
        }
        const auto taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }

    bool skip(size_t size) { return take(size).has_value(); }

private:
    std::span<const std::byte> rest_;
};

}  // namespace smcroute
