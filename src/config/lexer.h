// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The lexer: a text to lines, a line to words. Words are what stands between spaces and tabs; '#'
// at the start of a word begins a comment, inside a word it is a byte like others. Everything is
// borrowed from the text. What words mean is the parser's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"

namespace smcroute {

inline constexpr size_t kMaxLineLength = 65536;

// Walks over the lines of a text. A line ends at LF or CRLF, the last one also at the end of the
// text; a byte order mark before the first is skipped.
class LineReader {
public:
    explicit LineReader(std::string_view text);

    // Moves to the next line; false if there is none.
    bool next();
    std::string_view line() const { return line_; }
    // 1-based.
    uint32_t number() const { return number_; }

private:
    std::string_view rest_;
    std::string_view line_;
    uint32_t number_ = 0;
};

// Replaces `words` by the words of `line`, which has no end of line. A control byte outside a
// comment, or a line over kMaxLineLength, is the answer instead; `words` then holds what stands
// before it.
std::optional<BadWord> split_words(std::string_view line, std::vector<std::string_view>& words);

// The first space that is none of ours: a no-break space or another of Unicode's, which looks like
// what separates words and is a part of one. The words lie in `line`.
std::optional<BadWord> foreign_space_in(std::span<const std::string_view> words,
                                        std::string_view line);

// Where `word`, a part of `line`, begins: 1-based.
uint32_t column_of(std::string_view word, std::string_view line);

}  // namespace smcroute
