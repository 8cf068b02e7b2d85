// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The lexer: splits a text into lines and a line into words. Words are separated by spaces and
// tabs; '#' at the start of a word begins a comment, inside a word it is an ordinary byte.
// Everything is borrowed from the text. The parser knows what words mean.
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
// text; a byte order mark before the first line is skipped.
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

// Replaces `words` by the words of `line`, which has no end of line. Returns a control byte outside
// a comment, or a line over kMaxLineLength, as a bad word; `words` then holds the words before it.
std::optional<BadWord> split_words(std::string_view line, std::vector<std::string_view>& words);

// The first no-break space or other Unicode space: it looks like a separator but is part of a word.
// The words lie in `line`.
std::optional<BadWord> foreign_space_in(std::span<const std::string_view> words,
                                        std::string_view line);

// The 1-based column where `word`, a part of `line`, begins.
uint32_t column_of(std::string_view word, std::string_view line);

}  // namespace smcroute
