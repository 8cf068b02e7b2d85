// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "base/text.h"

namespace smcroute {

std::string cat(std::initializer_list<std::string_view> pieces) {
    size_t size = 0;
    for (const std::string_view piece : pieces) {
        size += piece.size();
    }
    std::string text;
    text.reserve(size);
    for (const std::string_view piece : pieces) {
        text += piece;
    }
    return text;
}

std::string count_of(size_t count, std::string_view singular) {
    return cat({std::to_string(count), " ", singular, count == 1 ? "" : "s"});
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
