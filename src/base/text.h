// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Small helpers for text that the standard library lacks. Pure.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace smcroute {

// What a "{}" of compose() stands for: a text, or a number in decimal.
class Piece {
public:
    Piece(std::string_view text) : text_(text.data()), size_(text.size()) {}
    Piece(const std::string& text) : text_(text.data()), size_(text.size()) {}
    Piece(const char* text) : Piece(std::string_view(text)) {}
    template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>) Piece(T number)
        : text_(std::signed_integral<T> ? kSigned : kUnsigned),
          size_(static_cast<uint64_t>(number)) {}

    size_t room() const;  // in bytes, at least
    void append_to(std::string& text) const;

private:
    // Where one of these is the text, the size is the number.
    static const char kSigned[1];
    static const char kUnsigned[1];

    const char* text_;
    uint64_t size_;
};

// Not to be called: a form that has more or less "{}" than pieces is no constant expression.
void there_must_be_as_many_places_as_pieces();

// A text with COUNT times "{}" in it, as the compiler makes sure.
template <size_t COUNT>
struct Form {
    consteval Form(const char* form) : text(form) {
        size_t found = 0;
        for (const char* at = form; *at != '\0'; ++at) {
            found += at[0] == '{' && at[1] == '}' ? 1U : 0U;
        }
        if (found != COUNT) {
            there_must_be_as_many_places_as_pieces();
        }
    }

    const char* text;
};

std::string compose_of(const char* form, std::span<const Piece> pieces);

// compose("cannot add {} for {}", "VIF", name): the form with the pieces in the places of its "{}".
// In which order the pieces are computed is the compiler's choice.
template <typename... T>
std::string compose(Form<sizeof...(T)> form, const T&... pieces) {
    const Piece list[] = {pieces...};
    return compose_of(form.text, list);
}

// Adds a word to a list of words that is a text.
void add_word(std::string& list, std::string_view word, std::string_view between = " ");

// "eth1, eth2".
std::string list_of(const std::vector<std::string>& words);

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
