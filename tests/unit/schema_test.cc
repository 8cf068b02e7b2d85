// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/schema.h"

#include <set>

#include "base/text.h"
#include "tables.h"
#include "test.h"

namespace smcroute {

namespace {

// "a|b" for each row.
std::vector<std::string> show(const std::vector<Row>& rows) {
    std::vector<std::string> lines;
    for (const Row& row : rows) {
        std::string line;
        for (size_t i = 0; i < row.size(); ++i) {
            line += (i == 0 ? "" : "|") + row[i];
        }
        lines.push_back(line);
    }
    return lines;
}

std::vector<std::string> decoded(const char* what, std::string_view lines) {
    return show(rows_of(*find_schema(what), lines));
}

using Lines = std::vector<std::string>;

}  // namespace

TEST(schemas_are_found_by_name_and_routes_come_first) {
    EXPECT_EQ(schemas().front().what, "routes");
    for (const Schema& schema : schemas()) {
        EXPECT(find_schema(schema.what) == &schema);
    }
    EXPECT(find_schema("route") == nullptr);
    EXPECT(find_schema("") == nullptr);
}

TEST(schema_keys_are_lower_case_words_and_differ_within_a_table) {
    for (const Schema& schema : schemas()) {
        std::set<std::string_view> keys;
        for (const Column& column : schema.columns) {
            EXPECT(keys.insert(column.key).second);
            EXPECT_EQ(column.key.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"),
                      column.key.npos);
        }
        EXPECT(!keys.empty());
    }
}

TEST(schema_rows_survive_the_way_over_the_wire) {
    const std::vector<Row> rows = {
        {"eth0", "missing", "mroute from eth0 group 225.1.2.3 to eth1", "client"},
        {"", "", "", ""},
        {"eth1", "no slot", "x", "a b"}};
    std::string lines;
    for (const Row& row : rows) {
        lines += encode_row(row);
    }
    EXPECT_EQ(lines,
              "eth0\tmissing\tmroute from eth0 group 225.1.2.3 to eth1\tclient\n\t\t\t\n"
              "eth1\tno slot\tx\ta b\n");
    EXPECT_EQ(decoded("pending", lines), show(rows));
}

TEST(schema_fields_have_no_byte_that_breaks_a_row_or_a_terminal) {
    EXPECT_EQ(encode_row({"a\tb\nc", "\x1b[2J\x7f",
                          "M\xc3\xbc"
                          "ller"}),
              "a?b?c\t?[2J?\tM\xc3\xbc"
              "ller\n");
}

TEST(schema_rows_with_another_number_of_fields_are_left_out) {
    EXPECT_EQ(decoded("pending", "a\tb\tc\na\tb\tc\td\te\n\na\tb\tc\td\n"), Lines{"a|b|c|d"});
    EXPECT_EQ(decoded("pending", ""), Lines{});
    EXPECT_EQ(decoded("pending", "\n"), Lines{});
}

TEST(schema_lines_of_one_column_are_rows_also_when_they_are_empty) {
    EXPECT_EQ(decoded("config", "phyint eth0\n\nphyint eth1\n"),
              (Lines{"phyint eth0", "", "phyint eth1"}));
    EXPECT_EQ(decoded("config", ""), Lines{});
}

TEST(schema_row_without_its_newline_is_a_row) {
    EXPECT_EQ(decoded("config", "phyint eth0"), Lines{"phyint eth0"});
    EXPECT_EQ(decoded("pending", "a\tb\tc\td"), Lines{"a|b|c|d"});
}

}  // namespace smcroute
