// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/if_name.h"

#include <set>
#include <vector>

#include "test.h"

namespace smcroute {

namespace {

IfName name(std::string_view text) { return *IfName::parse(text); }
IfPattern pattern(std::string_view text) { return *IfPattern::parse(text); }

}  // namespace

TEST(if_name_takes_what_the_kernel_takes) {
    for (const std::string_view text : {"a", "eth0", "eth0.100", "veth-1234567890", "...", "-", "+",
                                        "eth+", "1.2.3.4", "\xc3\xa9"}) {
        const auto parsed = IfName::parse(text);
        EXPECT_EQ(parsed ? to_string(*parsed) : "refused", text);
    }
}

TEST(if_name_refuses_what_the_kernel_refuses) {
    for (const std::string_view text :
         {"", ".", "..", "a/b", "a:b", "a b", "a\tb", "a\n", "1234567890123456"}) {
        EXPECT_EQ(IfName::parse(text) ? "taken: " + std::string(text) : "", "");
    }
    EXPECT(!IfName::parse(std::string_view("a\0b", 3)));
    EXPECT(!IfName::parse(std::string_view("\0", 1)));
}

TEST(if_names_are_ordered_as_text) {
    const std::set<IfName> ordered = {name("eth10"), name("eth1"), name("br0"), name("eth2")};
    std::string text;
    for (const IfName& each : ordered) {
        text += to_string(each) + " ";
    }
    EXPECT_EQ(text, "br0 eth1 eth10 eth2 ");
}

TEST(if_name_c_str_ends_after_the_longest_name) {
    EXPECT_EQ(std::string(name("123456789012345").c_str()), "123456789012345");
}

TEST(if_pattern_text_comes_back) {
    for (const std::string_view text : {"eth0", "eth+", "+", "++", "123456789012345+"}) {
        const auto parsed = IfPattern::parse(text);
        EXPECT_EQ(parsed ? to_string(*parsed) : "refused", text);
    }
}

TEST(if_pattern_refuses_a_stem_that_is_no_name) {
    for (const std::string_view text :
         {"", "a b+", "/+", "1234567890123456+", "1234567890123456"}) {
        EXPECT_EQ(IfPattern::parse(text) ? "taken: " + std::string(text) : "", "");
    }
}

TEST(if_pattern_without_wildcard_matches_its_own_name) {
    EXPECT(pattern("eth1").matches(name("eth1")));
    EXPECT(!pattern("eth1").matches(name("eth10")));
    EXPECT(pattern("eth1").name() == name("eth1"));
    EXPECT(pattern("eth1") == IfPattern(name("eth1")));
}

TEST(if_pattern_wildcard_matches_every_name_that_begins_with_its_stem) {
    EXPECT(pattern("eth1+").matches(name("eth1")));
    EXPECT(pattern("eth1+").matches(name("eth10")));
    EXPECT(!pattern("eth1+").matches(name("eth2")));
    EXPECT(!pattern("eth1+").matches(name("eth")));
    EXPECT(pattern("+").matches(name("lo")));
    EXPECT(!pattern("eth1+").name());
}

TEST(if_pattern_wildcard_differs_from_the_name_that_is_its_stem) {
    EXPECT(pattern("eth1+") != pattern("eth1"));
    EXPECT(std::hash<IfPattern>{}(pattern("eth1+")) != std::hash<IfPattern>{}(pattern("eth1")));
}

TEST(if_pattern_widened_equals_the_written_one) {
    for (const IfPattern& narrow : {pattern("eth10"), pattern("eth10+")}) {
        EXPECT(narrow.widened(3) == pattern("eth+"));
        EXPECT(narrow.widened(5) == pattern("eth10+"));
        EXPECT(narrow.widened(0) == pattern("+"));
        EXPECT(!narrow.widened(6));
    }
}

}  // namespace smcroute
