// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/lexer.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace smcroute {

namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// The end of the word that begins at `at`: a blank or a control byte. DEL is accepted: no valid
// word holds one.
const char* word_end(const char* at, const char* end) {
    return std::find_if(at, end, [](char c) { return static_cast<uint8_t>(c) <= ' '; });
}

BadWord bad_byte(const char* at) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<uint8_t>(*at);
    const std::array<char, 2> hex = {kDigits[byte >> 4], kDigits[byte & 0xf]};
    return {std::string_view(at, 1),
            compose("control byte 0x{} (only text, spaces and tabs may stand here)",
                    std::string_view(hex.data(), hex.size()))};
}

// In UTF-8, with the names that people know.
struct ForeignSpace {
    std::string_view bytes;
    std::string_view name;
};

constexpr std::array kForeignSpaces = {
    ForeignSpace{"\xc2\xa0", "no-break space (U+00A0)"},
    ForeignSpace{"\xe2\x80\x87", "figure space (U+2007)"},
    ForeignSpace{"\xe2\x80\x89", "thin space (U+2009)"},
    ForeignSpace{"\xe2\x80\x8b", "zero-width space (U+200B)"},
    ForeignSpace{"\xe2\x80\xaf", "narrow no-break space (U+202F)"},
    ForeignSpace{"\xe2\x80\x82", "en space (U+2002)"},
    ForeignSpace{"\xe2\x80\x83", "em space (U+2003)"},
    ForeignSpace{"\xe3\x80\x80", "ideographic space (U+3000)"},
    ForeignSpace{kByteOrderMark, "zero-width no-break space (U+FEFF)"},
};

bool is_ascii(std::string_view word) {
    return std::none_of(word.begin(), word.end(), [](char c) { return (c & 0x80) != 0; });
}

BadWord too_long(std::string_view line) {
    return {line.substr(kMaxLineLength, 1), compose("line longer than {} bytes", kMaxLineLength)};
}

}  // namespace

LineReader::LineReader(std::string_view text) : rest_(text) {
    if (rest_.starts_with(kByteOrderMark)) {
        rest_.remove_prefix(kByteOrderMark.size());
    }
}

bool LineReader::next() {
    if (rest_.empty()) {
        return false;
    }
    const size_t end = rest_.find('\n');
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line_.ends_with('\r')) {
        line_.remove_suffix(1);
    }
    ++number_;
    return true;
}

std::optional<BadWord> split_words(std::string_view line, std::vector<std::string_view>& words) {
    words.clear();
    if (line.size() > kMaxLineLength) {
        return too_long(line);
    }
    const char* at = line.data();
    const char* const end = at + line.size();
    while (true) {
        while (at != end && is_blank(*at)) {
            ++at;
        }
        if (at == end || *at == '#') {
            return std::nullopt;
        }
        const char* const start = at;
        at = word_end(at, end);
        if (at != end && !is_blank(*at)) {
            return bad_byte(at);
        }
        words.emplace_back(start, static_cast<size_t>(at - start));
    }
}

std::optional<BadWord> foreign_space_in(std::span<const std::string_view> words,
                                        std::string_view line) {
    for (const std::string_view word : words) {
        if (is_ascii(word)) {
            continue;
        }
        for (const ForeignSpace& space : kForeignSpaces) {
            const size_t at = word.find(space.bytes);
            if (at != word.npos) {
                const std::string_view found = word.substr(at, space.bytes.size());
                return BadWord{
                    found, compose("{} in column {} (only plain spaces and tabs separate words)",
                                   space.name, column_of(found, line))};
            }
        }
    }
    return std::nullopt;
}

uint32_t column_of(std::string_view word, std::string_view line) {
    return static_cast<uint32_t>(word.data() - line.data()) + 1;
}

}  // namespace smcroute
