// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/prefix.h"

#include <vector>

#include "test.h"

namespace smcroute {

namespace {

Prefix prefix(std::string_view text) {
    const auto parsed = Prefix::parse(text);
    EXPECT(parsed.has_value());
    return parsed.value_or(Prefix::any(Family::kIpv4));
}

Address addr(std::string_view text) {
    return Address::parse(text).value_or(Address::any(Family::kIpv4));
}

}  // namespace

TEST(prefix_text_comes_back_without_the_bits_below_its_length) {
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"1.2.3.4", "1.2.3.4"},           {"1.2.3.4/32", "1.2.3.4"},
        {"1.2.3.4/24", "1.2.3.0/24"},     {"1.2.3.4/31", "1.2.3.4/31"},
        {"1.2.3.255/25", "1.2.3.128/25"}, {"225.1.2.3/4", "224.0.0.0/4"},
        {"1.2.3.4/0", "0.0.0.0/0"},       {"ff0e::1/128", "ff0e::1"},
        {"ff0e::1/127", "ff0e::/127"},    {"2001:db8:ffff::1/33", "2001:db8:8000::/33"},
        {"2001:db8::1/0", "::/0"},        {"::ff00:1:2/100", "::ff00:0:0/100"},
    };
    for (const auto& [text, canonical] : rows) {
        EXPECT_EQ(to_string(prefix(text)), canonical);
    }
}

TEST(prefix_refuses_what_is_no_address_and_length) {
    for (const char* const text :
         {"", "/", "/8", "1.2.3.4/", "1.2.3.4/33", "ff0e::/129", "1.2.3.4/-1", "1.2.3.4/+8",
          "1.2.3.4/8/8", "1.2.3.4/8 ", "1.2.3.4/x", "1.2.3.4/255.0.0.0", "1.2.3.4/4294967304"}) {
        EXPECT_EQ(Prefix::parse(text) ? std::string("taken: ") + text : "", "");
    }
}

TEST(prefixes_that_differ_below_their_length_are_equal) {
    EXPECT(prefix("1.2.3.4/24") == prefix("1.2.3.200/24"));
    EXPECT(prefix("1.2.3.4/24") != prefix("1.2.3.4/25"));
    EXPECT(prefix("1.2.3.4") == prefix("1.2.3.4/32"));
    EXPECT(std::hash<Prefix>{}(prefix("1.2.3.4/24")) == std::hash<Prefix>{}(prefix("1.2.3.5/24")));
}

TEST(prefix_make_refuses_a_length_over_the_familys_bits) {
    EXPECT(Prefix::make(addr("1.2.3.4"), 32).has_value());
    EXPECT(!Prefix::make(addr("1.2.3.4"), 33));
    EXPECT(Prefix::make(addr("ff0e::1"), 128).has_value());
    EXPECT(!Prefix::make(addr("ff0e::1"), 129));
}

TEST(prefix_is_single_or_any_only_at_the_ends) {
    EXPECT(prefix("1.2.3.4").is_single() && !prefix("1.2.3.4").is_any());
    EXPECT(!prefix("1.2.3.4/31").is_single() && !prefix("1.0.0.0/1").is_any());
    EXPECT(!prefix("0.0.0.0/0").is_single() && prefix("0.0.0.0/0").is_any());
    EXPECT(prefix("0.0.0.0/0") == Prefix::any(Family::kIpv4));
    EXPECT(prefix("::/0") == Prefix::any(Family::kIpv6));
}

TEST(prefix_contains_just_the_addresses_between_its_bounds) {
    const Prefix range = prefix("225.1.16.0/20");
    EXPECT(range.contains(addr("225.1.16.0")));
    EXPECT(range.contains(addr("225.1.31.255")));
    EXPECT(!range.contains(addr("225.1.15.255")));
    EXPECT(!range.contains(addr("225.1.32.0")));
    EXPECT(prefix("ff0e::/16").contains(addr("ff0e:ffff::1")));
    EXPECT(!prefix("ff0e::/16").contains(addr("ff0f::")));
    EXPECT(prefix("1.2.3.4").contains(addr("1.2.3.4")));
    EXPECT(!prefix("1.2.3.4").contains(addr("1.2.3.5")));
}

TEST(prefix_contains_nothing_of_the_other_family) {
    EXPECT(!Prefix::any(Family::kIpv6).contains(addr("1.2.3.4")));
    EXPECT(!Prefix::any(Family::kIpv4).contains(addr("::1")));
    EXPECT(!Prefix::any(Family::kIpv6).contains(prefix("1.2.3.4")));
    EXPECT(!Prefix::any(Family::kIpv4).contains(Prefix::any(Family::kIpv6)));
}

TEST(prefix_contains_itself_and_longer_ones_only) {
    EXPECT(prefix("1.2.0.0/16").contains(prefix("1.2.0.0/16")));
    EXPECT(prefix("1.2.0.0/16").contains(prefix("1.2.3.0/24")));
    EXPECT(!prefix("1.2.3.0/24").contains(prefix("1.2.0.0/16")));
    EXPECT(!prefix("1.2.0.0/16").contains(prefix("1.3.0.0/24")));
}

TEST(prefixes_overlap_when_one_holds_the_other) {
    EXPECT(prefix("1.2.3.0/24").overlaps(prefix("1.2.0.0/16")));
    EXPECT(prefix("1.2.0.0/16").overlaps(prefix("1.2.3.0/24")));
    EXPECT(!prefix("1.2.0.0/17").overlaps(prefix("1.2.128.0/17")));
}

TEST(prefix_last_is_its_highest_address) {
    EXPECT_EQ(to_string(prefix("225.1.16.0/20").last()), "225.1.31.255");
    EXPECT_EQ(to_string(prefix("1.2.3.4").last()), "1.2.3.4");
    EXPECT_EQ(to_string(prefix("224.0.0.0/4").last()), "239.255.255.255");
    EXPECT_EQ(to_string(prefix("ff00::/8").last()), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST(for_each_address_visits_each_once_lowest_first) {
    std::string visited;
    for_each_address(prefix("225.0.0.254/31"),
                     [&](const Address& address) { visited += to_string(address) + " "; });
    for_each_address(prefix("225.0.1.0/32"),
                     [&](const Address& address) { visited += to_string(address) + " "; });
    for_each_address(prefix("ff0e::fffc/126"),
                     [&](const Address& address) { visited += to_string(address) + " "; });
    EXPECT_EQ(visited,
              "225.0.0.254 225.0.0.255 225.0.1.0 ff0e::fffc ff0e::fffd ff0e::fffe ff0e::ffff ");
}

TEST(for_each_address_ends_at_the_end_of_the_address_space) {
    int visits = 0;
    for_each_address(prefix("255.255.255.254/31"), [&](const Address& /*address*/) { ++visits; });
    for_each_address(prefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127"),
                     [&](const Address& /*address*/) { ++visits; });
    EXPECT_EQ(visits, 4);
}

}  // namespace smcroute
