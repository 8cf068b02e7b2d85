// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/row_filter.h"

#include "base/text.h"
#include "tables.h"
#include "test.h"

namespace smcroute {

namespace {

// Rows of a stream, a rule, an interface and a line, each by its name.
const std::vector<Row> kRows = {
    {"stream", "10.0.0.2", "225.1.2.3", "eth0", "eth1 eth2", "flows"},
    {"blocked", "10.0.0.3", "225.9.9.9", "eth1", "", "blocked: no rule (nearest a:1 wants eth7)"},
    {"rule", "*", "225.0.0.0/8", "eth+", "tun0", "rule, no stream yet"},
    {"ipv6", "fd00::2", "ff0e::1", "eth0", "eth3", "not leaving: no outbound is up"},
};

std::string rows_with(std::initializer_list<std::string_view> texts) {
    std::vector<RowWord> words;
    for (const std::string_view text : texts) {
        auto word = parse_row_word(text);
        EXPECT(static_cast<bool>(word));
        words.push_back(*std::move(word));
    }
    RowKeeper keeper;
    RowFilter filter(words, keeper);
    for (const Row& row : kRows) {
        filter.take(fields_of(row));
    }
    std::string names;
    for (const Row& row : keeper.rows()) {
        add_word(names, row[0]);
    }
    return names;
}

}  // namespace

TEST(row_filter_takes_addresses_that_overlap) {
    EXPECT_EQ(rows_with({}), "stream blocked rule ipv6");
    EXPECT_EQ(rows_with({"225.1.2.3"}), "stream rule");
    EXPECT_EQ(rows_with({"225.9.0.0/16"}), "blocked rule");
    EXPECT_EQ(rows_with({"10.0.0.2"}), "stream rule");
    EXPECT_EQ(rows_with({"10.0.0.0/24"}), "stream blocked rule");
    EXPECT_EQ(rows_with({"ff00::/8"}), "ipv6");
    EXPECT_EQ(rows_with({"239.1.1.1"}), "");
}

TEST(row_filter_takes_interfaces_in_any_column) {
    EXPECT_EQ(rows_with({"eth2"}), "stream rule");
    EXPECT_EQ(rows_with({"tun+"}), "rule");
    EXPECT_EQ(rows_with({"eth7"}), "blocked rule");
    EXPECT_EQ(rows_with({"wan0"}), "");
}

TEST(row_filter_takes_the_beginning_of_a_state) {
    EXPECT_EQ(rows_with({"flows"}), "stream");
    EXPECT_EQ(rows_with({"blocked"}), "blocked");
    EXPECT_EQ(rows_with({"not leaving"}), "ipv6");
    EXPECT_EQ(rows_with({"not leav"}), "");
}

TEST(row_filter_wants_all_words) {
    EXPECT_EQ(rows_with({"225.0.0.0/8", "eth1", "flows"}), "stream");
    EXPECT_EQ(rows_with({"225.0.0.0/8", "not leaving"}), "");
}

TEST(row_filter_refuses_what_can_be_nothing) {
    for (const std::string_view word : {"225.1.2.3/40", "", "a/b"}) {
        const auto made = parse_row_word(word);
        EXPECT(!made);
        EXPECT_EQ(made.error().text, compose("'{}' is no address, interface or state", word));
    }
}

}  // namespace smcroute
