// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/table.h"

#include "base/text.h"
#include "test.h"

namespace smcroute {

namespace {

// "a|b|c" for each row of three columns, then the widths.
std::string show(const Table& table) {
    std::string text;
    for (size_t row = 0; row < table.size(); ++row) {
        text +=
            cat({table.field(row, 0), "|", table.field(row, 1), "|", table.field(row, 2), "\n"});
    }
    for (size_t column = 0; column < 3; ++column) {
        text += cat({std::to_string(table.width(column)), " "});
    }
    return text;
}

const Schema& pending() { return *find_schema("pending"); }

}  // namespace

TEST(table_is_the_same_in_whatever_pieces_it_comes) {
    const std::string text =
        "eth0\ta line\tconf:1\n\t\t\nbad\trow\n\ntoo\tmany\tfields\there\nx\ty\tz";
    const std::string expected = "eth0|a line|conf:1\n||\nx|y|z\n4 6 6 ";
    for (size_t size = 1; size <= text.size(); ++size) {
        Table table(pending());
        for (size_t at = 0; at < text.size(); at += size) {
            table.take(std::string_view(text).substr(at, size));
        }
        table.finish();
        EXPECT_EQ(show(table), expected);
    }
}

TEST(table_leaves_out_a_last_row_that_is_not_whole) {
    Table table(pending());
    table.take("a\tb\tc\nd\te");
    table.finish();
    EXPECT_EQ(show(table), "a|b|c\n1 1 1 ");
}

TEST(table_takes_rows_at_hand_with_any_bytes) {
    Table table(pending());
    table.add({"a\tb", "c\nd", ""});
    table.add({"e", "", "f"});
    EXPECT_EQ(show(table), "a\tb|c\nd|\ne||f\n3 3 1 ");
}

}  // namespace smcroute
