// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Small helpers for text that the standard library lacks. Pure.
#pragma once

#include <charconv>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace smcroute {

// One string out of the pieces, with one allocation.
std::string cat(std::initializer_list<std::string_view> pieces);

// "1 route", "12 routes".
std::string count_of(size_t count, std::string_view singular);

// The whole of `text` as an unsigned decimal number that fits T; anything else is nothing.
template <typename T>
std::optional<T> parse_number(std::string_view text) {
    T value{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || text.front() == '-' || stop != end || error != std::errc{}) {
        return std::nullopt;
    }
    return value;
}

// The length of the UTF-8 character that `text`, which is not empty, begins with; 0 if it is none.
size_t utf8_size(std::string_view text);

// Text that came from outside, fit for one log or terminal line: control bytes and bytes that are
// not ASCII become '?', and more than `limit` bytes end in "...".
std::string printable(std::string_view text, size_t limit = 80);

}  // namespace smcroute
