// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace smcroute {

namespace {

constexpr size_t kDigits = 20;  // of the longest number

}  // namespace

const char Piece::kSigned[1] = {};
const char Piece::kUnsigned[1] = {};

size_t Piece::room() const {
    return text_ == kSigned || text_ == kUnsigned ? kDigits : static_cast<size_t>(size_);
}

void Piece::append_to(std::string& text) const {
    if (text_ != kSigned && text_ != kUnsigned) {
        text.append(text_, static_cast<size_t>(size_));
        return;
    }
    std::array<char, kDigits> digits{};
    char* const first = digits.data();
    char* const end = first + digits.size();
    const auto result = text_ == kSigned ? std::to_chars(first, end, static_cast<int64_t>(size_))
                                         : std::to_chars(first, end, size_);
    text.append(first, result.ptr);
}

std::string compose_of(const char* form, std::span<const Piece> pieces) {
    size_t room = strlen(form);
    for (const Piece& piece : pieces) {
        room += piece.room();
    }
    std::string text;
    text.reserve(room);
    for (const Piece& piece : pieces) {
        const char* const place = strstr(form, "{}");
        text.append(form, place);
        piece.append_to(text);
        form = place + 2;
    }
    return text += form;
}

void add_word(std::string& list, std::string_view word, std::string_view between) {
    list.append(list.empty() ? "" : between).append(word);
}

std::string list_of(const std::vector<std::string>& words) {
    std::string list;
    for (const std::string& word : words) {
        add_word(list, word, ", ");
    }
    return list;
}

std::string count_of(uint64_t count, std::string_view singular) {
    return compose("{} {}{}", count, singular, count == 1 ? "" : "s");
}

// The second byte has a narrower range where the first could begin an overlong form, half of a
// UTF-16 pair or a number beyond the last character.
size_t utf8_size(std::string_view text) {
    const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const size_t size = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
    if (size > text.size()) {
        return 0;
    }
    for (size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0U) != 0x80U) {
            return 0;
        }
    }
    if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
        (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) {
        return 0;
    }
    return size;
}

namespace {

// Of a UTF-8 character of that size at the start of the text. The ranges are those of wide and of
// combining characters, as far as names and comments have them.
size_t columns_of_first(std::string_view text, size_t size) {
    if (size < 2) {
        return 1;
    }
    uint32_t code = static_cast<unsigned char>(text[0]) & (0xffU >> (size + 1));
    for (size_t i = 1; i < size; ++i) {
        code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
    }
    const auto is_in = [code](uint32_t first, uint32_t last) {
        return code >= first && code <= last;
    };
    return is_in(0x300, 0x36f) || is_in(0x200b, 0x200f) ? 0
           : is_in(0x1100, 0x115f) || is_in(0x2e80, 0xa4cf) || is_in(0xac00, 0xd7a3) ||
                   is_in(0xf900, 0xfaff) || is_in(0xfe30, 0xfe6f) || is_in(0xff00, 0xff60) ||
                   is_in(0x1f300, 0x1f9ff) || is_in(0x20000, 0x3fffd)
               ? 2
               : 1;
}

}  // namespace

size_t columns_of(std::string_view text) {
    const auto is_ascii = [](char c) { return static_cast<signed char>(c) >= 0; };
    if (std::all_of(text.begin(), text.end(), is_ascii)) {
        return text.size();
    }
    size_t columns = 0;
    while (!text.empty()) {
        const size_t size = utf8_size(text);
        columns += columns_of_first(text, size);
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return columns;
}

std::string_view fitting(std::string_view text, size_t columns) {
    std::string_view rest = text;
    while (!rest.empty()) {
        const size_t size = utf8_size(rest);
        const size_t needed = columns_of_first(rest, size);
        if (needed > columns) {
            break;
        }
        columns -= needed;
        rest.remove_prefix(size == 0 ? 1 : size);
    }
    return text.substr(0, text.size() - rest.size());
}

std::string printable(std::string_view text, size_t limit) {
    std::string out(text.substr(0, limit));
    for (char& c : out) {
        if (c < ' ' || c > '~') {
            c = '?';
        }
    }
    if (text.size() > limit) {
        out += "...";
    }
    return out;
}

}  // namespace smcroute
