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
