// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/rows.h"

#include "base/text.h"
#include "tables.h"
#include "test.h"

namespace smcroute {

namespace {

// "a|b|c" for each row of three columns.
std::string show(const std::vector<Row>& rows) {
    std::string text;
    for (const Row& row : rows) {
        text += compose("{}|{}|{}\n", row[0], row[1], row[2]);
    }
    return text;
}

constexpr std::array<Column, 3> kColumns = {{{"a", "A"}, {"b", "B"}, {"c", "C"}}};
constexpr Schema kThree{"three", kColumns, ""};

}  // namespace

TEST(rows_are_the_same_in_whatever_pieces_they_come) {
    const std::string text =
        "eth0\ta line\tconf:1\n\t\t\nbad\trow\n\ntoo\tmany\tfields\there\nx\ty\tz";
    for (size_t size = 1; size <= text.size(); ++size) {
        RowKeeper keeper;
        RowReader reader(kThree, keeper);
        for (size_t at = 0; at < text.size(); at += size) {
            reader.take(std::string_view(text).substr(at, size));
        }
        reader.finish();
        EXPECT_EQ(show(keeper.rows()), "eth0|a line|conf:1\n||\nx|y|z\n");
    }
}

TEST(rows_are_there_as_soon_as_their_end_is) {
    RowKeeper keeper;
    RowReader reader(kThree, keeper);
    reader.take("a\tb\t");
    EXPECT_EQ(show(keeper.rows()), "");
    reader.take("c\nd\te\tf\ng");
    EXPECT_EQ(show(keeper.rows()), "a|b|c\nd|e|f\n");
}

TEST(row_that_ends_too_early_is_left_out) {
    EXPECT_EQ(show(rows_of(kThree, "a\tb\tc\nd\te")), "a|b|c\n");
}

}  // namespace smcroute
