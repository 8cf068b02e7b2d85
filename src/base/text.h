// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Small helpers for text that the standard library lacks. Pure.
#pragma once

#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace smcroute {

// Joins the pieces to one string, with one allocation.
std::string cat(std::initializer_list<std::string_view> pieces);

// "1 route", "12 routes".
std::string count_of(uint64_t count, std::string_view singular);

// Calls visit(std::string_view) for each word of a text whose words are separated by one character.
template <typename Visit>
void for_each_word(std::string_view words, Visit visit, char between = ' ') {
    while (!words.empty()) {
        const std::string_view word = words.substr(0, words.find(between));
        visit(word);
        words.remove_prefix(word.size() < words.size() ? word.size() + 1 : words.size());
    }
}

// All of `text` as an unsigned decimal number that fits T; nothing for any other text.
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

// The length of the UTF-8 character at the start of `text`, which must not be empty; 0 if there is
// none.
size_t utf8_size(std::string_view text);

// How many columns of a terminal the text takes; a byte that is not UTF-8 takes one.
size_t columns_of(std::string_view text);
// The longest beginning of the text that takes at most so many columns.
std::string_view fitting(std::string_view text, size_t columns);

// Text from outside, made fit for one log or terminal line: control bytes and bytes that are not
// ASCII become '?', and text longer than `limit` bytes is cut and ends in "...".
std::string printable(std::string_view text, size_t limit = 80);

}  // namespace smcroute
