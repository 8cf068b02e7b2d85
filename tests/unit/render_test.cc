// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/render.h"

#include <array>

#include "tables.h"
#include "test.h"
#include "view/json.h"

namespace smcroute {

namespace {

constexpr std::array kColumns = {
    Column{"name", "NAME"},
    Column{"count", "COUNT", ColumnType::kNumber},
    Column{"words", "WORDS", ColumnType::kList},
    Column{"hidden", ""},
    Column{"last", "LAST"},
};
constexpr Schema kTable{"things", kColumns, "there are no things"};
constexpr std::array kSheetColumns = {
    Column{"version", "version"},
    Column{"failures", "refused by the kernel", ColumnType::kNumber},
    Column{"file", "file"},
};
constexpr Schema kSheet{"sheet", kSheetColumns, "", Schema::Form::kSheet};
constexpr std::array kLineColumns = {Column{"line", "LINE"}};
constexpr Schema kLines{"lines", kLineColumns, "", Schema::Form::kLines};

const std::vector<Row> kRows = {
    {"eth0", "7", "up multicast", "x", "end"},
    {"a-longer-name", "1234567890", "", "", ""},
    {"", "", "up", "y", "two words"},
};

}  // namespace

TEST(table_columns_are_aligned_and_numbers_to_the_right) {
    EXPECT_EQ(rendered(kTable, kRows),
              "NAME                COUNT  WORDS         LAST\n"
              "eth0                    7  up,multicast  end\n"
              "a-longer-name  1234567890  -             -\n"
              "-                       -  up            two words\n");
}

TEST(table_without_heading_is_as_wide_as_its_rows) {
    const std::vector<Row> rows = {{"a", "1", "b", "", "c"}, {"dd", "22", "e", "", "f"}};
    EXPECT_EQ(rendered(kTable, rows, {.heading = false}),
              "a    1  b  c\n"
              "dd  22  e  f\n");
}

TEST(table_heading_is_bold_up_to_its_last_letter) {
    EXPECT_EQ(rendered(kTable, {{kRows[0]}}, {.bold = true}),
              "\033[1mNAME  COUNT  WORDS         LAST\033[0m\n"
              "eth0      7  up,multicast  end\n");
}

TEST(table_that_is_too_wide_goes_on_below_in_its_columns) {
    const std::vector<Row> rows = {{"eth0", "7", "up multicast", "", "one two three four"},
                                   {"gr\xc3\xbc\xc3\x9f", "8", "up", "", "-"}};
    EXPECT_EQ(rendered(kTable, rows, {.width = 40}),
              "NAME  COUNT  WORDS         LAST\n"
              "eth0      7  up,multicast  one two three\n"
              "                           four\n"
              "gr\xc3\xbc\xc3\x9f      8  up            -\n");
    EXPECT_EQ(rendered(kTable, rows, {.width = 34}),
              "NAME  COUNT  WORDS       LAST\n"
              "eth0      7  up,         one two\n"
              "             multicast   three\n"
              "                         four\n"
              "gr\xc3\xbc\xc3\x9f      8  up          -\n");
}

TEST(table_that_is_far_too_wide_has_its_last_columns_on_a_line_of_their_own) {
    const std::vector<Row> rows = {{"a-longer-name", "1234567890", "multicast", "", "one two"}};
    EXPECT_EQ(rendered(kTable, rows, {.width = 26}),
              "NAME                COUNT\n"
              "    WORDS      LAST\n"
              "a-longer-name  1234567890\n"
              "    multicast  one two\n");
}

TEST(table_that_is_cut_says_where) {
    const std::vector<Row> rows = {{"a-longer-name", "1234567890", "up multicast", "", "end"}};
    EXPECT_EQ(rendered(kTable, rows, {.width = 36, .cut = true}),
              "NAME           COUNT WORDS      LAST\n"
              "a-longer\xe2\x80\xa6 1234567890 up,multic\xe2\x80\xa6 end\n");
    EXPECT_EQ(rendered(kTable, rows, {.width = 12, .cut = true}),
              "NAME       \xe2\x80\xa6\n"
              "a-longe\xe2\x80\xa6 12\xe2\x80\xa6\n");
}

TEST(table_without_rows_says_so_and_without_heading_nothing) {
    EXPECT_EQ(rendered(kTable, {}), "there are no things\n");
    EXPECT_EQ(rendered(kTable, {}, {.bold = true}), "there are no things\n");
    EXPECT_EQ(rendered(kTable, {}, {.heading = false}), "");
}

TEST(sheet_is_a_line_for_each_value) {
    const std::vector<Row> rows = {{"1.0.0", "0", ""}};
    EXPECT_EQ(rendered(kSheet, rows, {.bold = true}),
              "version:               1.0.0\n"
              "refused by the kernel: 0\n"
              "file:                  -\n");
}

TEST(lines_are_shown_as_they_are) {
    const std::vector<Row> rows = {{"phyint eth0"}, {""}, {"phyint eth1"}};
    EXPECT_EQ(rendered(kLines, rows, {.bold = true}), "phyint eth0\n\nphyint eth1\n");
    EXPECT_EQ(rendered(kLines, {}), "");
}

TEST(json_has_every_column_with_its_type) {
    EXPECT_EQ(rendered_json(kTable, kRows),
              "[\n"
              "{\"name\": \"eth0\", \"count\": 7, \"words\": [\"up\", \"multicast\"], \"hidden\": "
              "\"x\", \"last\": \"end\"},\n"
              "{\"name\": \"a-longer-name\", \"count\": 1234567890, \"words\": [], \"hidden\": "
              "null, \"last\": null},\n"
              "{\"name\": null, \"count\": null, \"words\": [\"up\"], \"hidden\": \"y\", \"last\": "
              "\"two words\"}\n"
              "]\n");
}

TEST(json_of_nothing_is_still_json) {
    EXPECT_EQ(rendered_json(kTable, {}), "[]\n");
    EXPECT_EQ(rendered_json(kLines, {}), "[]\n");
    EXPECT_EQ(rendered_json(kSheet, {}), "{}\n");
}

TEST(json_of_a_sheet_is_one_object) {
    const std::vector<Row> rows = {{"1.0.0", "18446744073709551615", "/etc/smcroute.conf"}};
    EXPECT_EQ(rendered_json(kSheet, rows),
              "{\"version\": \"1.0.0\", \"failures\": 18446744073709551615, \"file\": "
              "\"/etc/smcroute.conf\"}\n");
}

TEST(json_line_is_the_object_of_one_row) {
    EXPECT_EQ(json_line(kSheet, fields_of({"1", "2", ""})),
              "{\"version\": \"1\", \"failures\": 2, \"file\": null}\n");
    EXPECT_EQ(json_line(kSheet, fields_of({"", "", "x"})),
              "{\"version\": null, \"failures\": null, \"file\": \"x\"}\n");
}

TEST(json_strings_escape_what_must_be) {
    const std::vector<Row> rows = {{"say \"a\\b\"\x01\n\x1f\x7f"}};
    EXPECT_EQ(rendered_json(kLines, rows),
              "[\n{\"line\": \"say \\\"a\\\\b\\\"\\u0001\\u000a\\u001f\x7f\"}\n]\n");
    EXPECT_EQ(rendered_json(kLines, {{Row{"M\xc3\xbc"
                                          "ller"}}}),
              "[\n{\"line\": \"M\xc3\xbc"
              "ller\"}\n]\n");
}

TEST(ages_are_short_in_a_table_and_seconds_in_json) {
    static constexpr std::array kAges = {Column{"age_s", "AGE", ColumnType::kAge},
                                         Column{"x", "X"}};
    constexpr Schema kAged{"aged", kAges, ""};
    const std::vector<Row> rows = {{"0", "a"},     {"59", "b"},       {"60", "c"},
                                   {"3599", "d"},  {"3600", "e"},     {"86399", "f"},
                                   {"86400", "g"}, {"63072000", "h"}, {"", "i"}};
    EXPECT_EQ(rendered(kAged, rows),
              "   AGE  X\n"
              "    0s  a\n"
              "   59s  b\n"
              "    1m  c\n"
              "   59m  d\n"
              "  1h0m  e\n"
              "23h59m  f\n"
              "    1d  g\n"
              "  730d  h\n"
              "     -  i\n");
    EXPECT_EQ(rendered_json(kAged, {{{"86400", "g"}, {"", "h"}}}),
              "[\n{\"age_s\": 86400, \"x\": \"g\"},\n{\"age_s\": null, \"x\": \"h\"}\n]\n");
}

TEST(json_is_valid_whatever_bytes_a_name_has) {
    const std::vector<Row> rows = {
        {"a\xff"
         "b\xc3\xed\xa0\x80"}};
    EXPECT_EQ(rendered_json(kLines, rows),
              "[\n{\"line\": \"a\\ufffdb\\ufffd\\ufffd\\ufffd\\ufffd\"}\n]\n");
    const std::vector<Row> list = {{"", "", "\x80 \xe2\x82\xac", "", ""}};
    EXPECT_EQ(rendered_json(kTable, list),
              "[\n{\"name\": null, \"count\": null, \"words\": [\"\\ufffd\", "
              "\"\xe2\x82\xac\"], \"hidden\": null, \"last\": null}\n]\n");
}

TEST(json_error_has_text_and_status) {
    EXPECT_EQ(render_json_error("cannot read \"x\"", 71),
              "{\"error\": \"cannot read \\\"x\\\"\", \"status\": 71}\n");
}

}  // namespace smcroute
