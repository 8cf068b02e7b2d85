// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/lexer.h"

#include <string>
#include <vector>

#include "test.h"

namespace smcroute {

namespace {

// The words of a line with their columns, "1:mroute 8:from", then what is wrong, if anything.
std::string words_of(std::string_view line) {
    std::vector<std::string_view> words;
    const auto bad = split_words(line, words);
    std::string text;
    for (const std::string_view word : words) {
        text += (text.empty() ? "" : " ") + std::to_string(column_of(word, line)) + ":";
        text += word;
    }
    if (bad) {
        text += " !" + std::to_string(column_of(bad->word, line)) + " " + bad->text;
    }
    return text;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    LineReader reader(text);
    while (reader.next()) {
        lines.push_back(std::to_string(reader.number()) + ":" + std::string(reader.line()));
    }
    return lines;
}

}  // namespace

TEST(lexer_tells_words_and_their_columns) {
    EXPECT_EQ(words_of("mroute from eth0"), "1:mroute 8:from 13:eth0");
    EXPECT_EQ(words_of("  a  b "), "3:a 6:b");
    EXPECT_EQ(words_of("\ta\t\tb"), "2:a 5:b");
    EXPECT_EQ(words_of(""), "");
    EXPECT_EQ(words_of(" \t "), "");
}

TEST(lexer_takes_a_hash_for_a_comment_only_at_the_start_of_a_word) {
    EXPECT_EQ(words_of("# all"), "");
    EXPECT_EQ(words_of("  #all"), "");
    EXPECT_EQ(words_of("a #b c"), "1:a");
    EXPECT_EQ(words_of("a#b c# d"), "1:a#b 5:c# 8:d");
}

TEST(lexer_refuses_control_bytes_outside_comments) {
    const std::string_view remedy = " (only text, spaces and tabs may stand here)";
    EXPECT_EQ(words_of(std::string_view("a b\0c", 5)),
              "1:a !4 control byte 0x00" + std::string(remedy));
    EXPECT_EQ(words_of("\x1b[0m"), " !1 control byte 0x1b" + std::string(remedy));
    EXPECT_EQ(words_of("a \rb"), "1:a !3 control byte 0x0d" + std::string(remedy));
    EXPECT_EQ(words_of("a # \x1b"), "1:a");
}

TEST(lexer_takes_bytes_that_are_not_ascii_as_parts_of_words) {
    EXPECT_EQ(words_of("\xc3\xa4 b"), "1:\xc3\xa4 4:b");
}

TEST(lexer_takes_lines_up_to_64_kib) {
    EXPECT_EQ(words_of(std::string(kMaxLineLength - 1, ' ') + "a"), "65536:a");
    EXPECT_EQ(words_of(std::string(kMaxLineLength, ' ') + "a"),
              " !65537 line longer than 65536 bytes");
}

TEST(lexer_ends_lines_at_lf_crlf_and_the_end_of_the_text) {
    EXPECT_EQ(lines_of("a\nb\r\n\nc"), (std::vector<std::string>{"1:a", "2:b", "3:", "4:c"}));
    EXPECT_EQ(lines_of("a\n"), (std::vector<std::string>{"1:a"}));
    EXPECT_EQ(lines_of("a\r"), (std::vector<std::string>{"1:a"}));
    EXPECT_EQ(lines_of(""), std::vector<std::string>{});
}

TEST(lexer_skips_a_byte_order_mark) {
    EXPECT_EQ(lines_of("\xef\xbb\xbf"
                       "a\n"),
              (std::vector<std::string>{"1:a"}));
    EXPECT_EQ(lines_of("\xef\xbb\xbf"), std::vector<std::string>{});
}

}  // namespace smcroute
