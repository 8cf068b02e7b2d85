// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/table.h"

#include "tables.h"
#include "test.h"

namespace smcroute {

TEST(table_keeps_rows_whatever_bytes_they_have) {
    const std::vector<Row> rows = {
        {"a\tb", "c\nd", "", ""}, {"", "", "", ""}, {"e", "", "f", std::string(1, '\0')}};
    const Table table = table_of(*find_schema("pending"), rows);
    REQUIRE(table.size() == rows.size());
    for (size_t row = 0; row < rows.size(); ++row) {
        for (size_t column = 0; column < 4; ++column) {
            EXPECT_EQ(table.field(row, column), rows[row][column]);
        }
    }
}

TEST(table_without_rows_has_none) {
    EXPECT_EQ(table_of(*find_schema("pending"), {}).size(), size_t{0});
}

}  // namespace smcroute
