// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "base/text.h"

#include <cstdint>

#include "test.h"

namespace smcroute {

TEST(compose_puts_its_pieces_into_the_places_of_the_form) {
    EXPECT_EQ(compose("{}", ""), "");
    EXPECT_EQ(compose("{}{}", std::string("bc"), std::string_view("d\0e", 3)),
              std::string("bcd\0e", 5));
    EXPECT_EQ(compose("a {b} {}: {}}", "{}", std::string_view()), "a {b} {}: }");
}

TEST(compose_writes_numbers_in_decimal) {
    EXPECT_EQ(compose("{} {} {}", 0U, -1, UINT64_MAX), "0 -1 18446744073709551615");
    EXPECT_EQ(compose("{} {}", INT64_MIN, uint8_t{65}), "-9223372036854775808 65");
}

TEST(words_are_added_to_a_list_with_something_between_them) {
    std::string list;
    add_word(list, "eth0");
    add_word(list, "eth1");
    add_word(list, "eth2", ", ");
    EXPECT_EQ(list, "eth0 eth1, eth2");
    EXPECT_EQ(list_of({}), "");
    EXPECT_EQ(list_of({"eth1", "eth2"}), "eth1, eth2");
}

TEST(count_of_uses_the_plural_for_all_but_one) {
    EXPECT_EQ(count_of(0, "route"), "0 routes");
    EXPECT_EQ(count_of(1, "route"), "1 route");
    EXPECT_EQ(count_of(12, "route"), "12 routes");
}

TEST(parse_number_takes_the_whole_range_of_its_type) {
    EXPECT(parse_number<uint8_t>("0") == 0);
    EXPECT(parse_number<uint8_t>("255") == 255);
    EXPECT(parse_number<uint8_t>("007") == 7);
    EXPECT(parse_number<uint32_t>("4294967295") == UINT32_MAX);
}

TEST(parse_number_refuses_what_is_no_number_of_its_type) {
    for (const char* const text : {"", "256", "99999999999999999999", "-1", "-0", "+1", " 1", "1 ",
                                   "1x", "x", "0x1", "1.0"}) {
        EXPECT_EQ(compose("{}{}", text, parse_number<uint8_t>(text) ? " taken" : ""), text);
    }
}

TEST(parse_number_refuses_a_nul_byte_behind_the_number) {
    EXPECT(!parse_number<unsigned>(std::string_view("1\0", 2)));
}

TEST(printable_leaves_nothing_that_a_terminal_acts_on) {
    EXPECT_EQ(printable("plain ~ text"), "plain ~ text");
    EXPECT_EQ(printable(std::string_view("a\0b\x1b[2J\n\t\x7f\xc3\xa9", 12)), "a?b?[2J?????");
}

TEST(printable_marks_what_it_cut) {
    EXPECT_EQ(printable("abcdef", 6), "abcdef");
    EXPECT_EQ(printable("abcdefg", 6), "abcdef...");
    EXPECT_EQ(printable(std::string(81, 'x')), std::string(80, 'x') + "...");
}

TEST(utf8_characters_have_one_to_four_bytes) {
    for (const std::string_view good :
         {"a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xef\xbf\xbd",
          "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_EQ(utf8_size(good), good.size());
        EXPECT_EQ(utf8_size(compose("{}\xbf", good)), good.size());
    }
}

TEST(utf8_has_no_long_forms_halves_of_pairs_or_parts) {
    for (const std::string_view bad :
         {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xe1\x80",
          "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
        EXPECT_EQ(utf8_size(bad), 0U);
    }
}

TEST(columns_are_those_of_a_terminal_and_not_bytes) {
    const struct {
        std::string_view text;
        size_t columns;
    } texts[] = {{"", 0},
                 {"eth0", 4},
                 {"gr\xc3\xbc\xc3\x9f", 4},        // two letters of two bytes
                 {"\xe4\xb8\xad\xe6\x96\x87", 4},  // two wide characters
                 {"e\xcc\x81", 1},                 // an accent of its own
                 {"a\xff", 2},
                 {"\xe2\x80\xa6", 1}};
    for (const auto& [text, columns] : texts) {
        EXPECT_EQ(columns_of(text), columns);
        EXPECT_EQ(fitting(text, columns), text);
    }
    EXPECT_EQ(fitting("gr\xc3\xbc\xc3\x9f", 3), "gr\xc3\xbc");
    EXPECT_EQ(fitting("\xe4\xb8\xad\xe6\x96\x87", 3), "\xe4\xb8\xad");
    EXPECT_EQ(fitting("\xe4\xb8\xad", 1), "");
}

TEST(each_word_is_visited_once) {
    std::string words;
    for_each_word("a  b c ", [&words](std::string_view word) { words += compose("{}|", word); });
    EXPECT_EQ(words, "a||b|c|");
}

}  // namespace smcroute
