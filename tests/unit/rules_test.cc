// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/rules.h"

#include <algorithm>

#include "test.h"

namespace smcroute {

namespace {

using Lines = std::vector<std::string>;

RuleKey key(std::string_view inbound, std::string_view source, std::string_view group) {
    return {*IfPattern::parse(inbound), *Prefix::parse(source), *Prefix::parse(group)};
}

// A rule that is told from others by its line number.
Rule numbered(uint32_t line, std::vector<std::string> except = {}) {
    Rule rule{nullptr, {}, Origin{line, 0}};
    for (const std::string& source : except) {
        rule.except.push_back(*Prefix::parse(source));
    }
    return rule;
}

// The numbers of the rules that match.
std::string matches(const Rules& rules, std::string_view inbound, std::string_view source,
                    std::string_view group) {
    const IfName name = *IfName::parse(inbound);
    const Flow flow{*Address::parse(group), *Address::parse(source)};
    std::vector<uint32_t> found;
    rules.for_each_match(name, flow, [&](const Rule& rule) { found.push_back(rule.origin.line); });
    EXPECT_EQ(rules.any_match(name, flow), !found.empty());
    std::sort(found.begin(), found.end());
    std::string text;
    for (const uint32_t line : found) {
        text += std::to_string(line) + " ";
    }
    return text;
}

}  // namespace

TEST(rules_match_by_every_shape_at_once) {
    Rules rules;
    rules.at(key("eth0", "0.0.0.0/0", "225.1.2.3")) = {numbered(1)};
    rules.at(key("eth0", "0.0.0.0/0", "225.1.0.0/16")) = {numbered(2)};
    rules.at(key("eth0", "10.0.0.0/8", "224.0.0.0/4")) = {numbered(3)};
    rules.at(key("eth+", "10.1.1.1", "225.0.0.0/8")) = {numbered(4)};
    rules.at(key("+", "0.0.0.0/0", "224.0.0.0/4")) = {numbered(5)};
    EXPECT_EQ(matches(rules, "eth0", "10.1.1.1", "225.1.2.3"), "1 2 3 4 5 ");
    EXPECT_EQ(matches(rules, "eth0", "10.1.1.2", "225.1.2.4"), "2 3 5 ");
    EXPECT_EQ(matches(rules, "eth1", "10.1.1.1", "225.1.2.3"), "4 5 ");
    EXPECT_EQ(matches(rules, "br0", "11.1.1.1", "239.1.2.3"), "5 ");
}

TEST(rules_do_not_match_the_other_family) {
    Rules rules;
    rules.at(key("eth0", "0.0.0.0/0", "224.0.0.0/4")) = {numbered(4)};
    rules.at(key("eth0", "::/0", "ff00::/8")) = {numbered(6)};
    EXPECT_EQ(matches(rules, "eth0", "1.2.3.4", "225.1.2.3"), "4 ");
    EXPECT_EQ(matches(rules, "eth0", "2001:db8::1", "ff0e::1"), "6 ");
}

TEST(rules_leave_out_sources_that_they_except) {
    Rules rules;
    rules.at(key("eth0", "10.0.0.0/8", "225.1.2.3")) = {numbered(1, {"10.1.0.0/16", "10.2.0.1"}),
                                                        numbered(2, {"10.2.0.0/16"}), numbered(3)};
    EXPECT_EQ(matches(rules, "eth0", "10.0.0.1", "225.1.2.3"), "1 2 3 ");
    EXPECT_EQ(matches(rules, "eth0", "10.1.9.9", "225.1.2.3"), "2 3 ");
    EXPECT_EQ(matches(rules, "eth0", "10.2.0.1", "225.1.2.3"), "3 ");
    EXPECT_EQ(matches(rules, "eth0", "10.2.0.2", "225.1.2.3"), "1 3 ");
}

TEST(rules_with_a_wildcard_inbound_match_by_the_beginning_of_the_name) {
    Rules rules;
    rules.at(key("eth1", "0.0.0.0/0", "225.1.2.3")) = {numbered(1)};
    rules.at(key("eth1+", "0.0.0.0/0", "225.1.2.3")) = {numbered(2)};
    rules.at(key("eth+", "0.0.0.0/0", "225.1.2.3")) = {numbered(3)};
    rules.at(key("+", "0.0.0.0/0", "225.1.2.3")) = {numbered(4)};
    EXPECT_EQ(matches(rules, "eth1", "1.2.3.4", "225.1.2.3"), "1 2 3 4 ");
    EXPECT_EQ(matches(rules, "eth12", "1.2.3.4", "225.1.2.3"), "2 3 4 ");
    EXPECT_EQ(matches(rules, "et", "1.2.3.4", "225.1.2.3"), "4 ");
}

TEST(rules_find_nothing_under_a_key_that_is_not_there) {
    Rules rules;
    EXPECT(rules.empty());
    EXPECT(rules.find(key("eth0", "0.0.0.0/0", "225.1.2.3")) == nullptr);
    rules.at(key("eth0", "0.0.0.0/0", "225.1.2.3")) = {numbered(1)};
    EXPECT(!rules.empty());
    EXPECT(rules.find(key("eth0+", "0.0.0.0/0", "225.1.2.3")) == nullptr);
    EXPECT(rules.find(key("eth0", "0.0.0.0/0", "225.1.2.3")) != nullptr);
}

TEST(rules_at_gives_the_rules_that_are_there) {
    Rules rules;
    rules.at(key("eth0", "0.0.0.0/0", "225.1.2.3")) = {numbered(1)};
    rules.at(key("eth0", "0.0.0.0/0", "225.1.2.3")).push_back(numbered(2, {"1.2.3.5"}));
    EXPECT_EQ(matches(rules, "eth0", "1.2.3.4", "225.1.2.3"), "1 2 ");
}

TEST(rules_erase_leaves_other_rules_of_the_same_shape) {
    Rules rules;
    rules.at(key("eth0", "0.0.0.0/0", "225.1.2.3")) = {numbered(1)};
    rules.at(key("eth1", "0.0.0.0/0", "225.1.2.3")) = {numbered(2)};
    rules.erase(key("eth0", "0.0.0.0/0", "225.1.2.3"));
    rules.erase(key("eth0", "0.0.0.0/0", "225.1.2.3"));
    EXPECT_EQ(matches(rules, "eth0", "1.2.3.4", "225.1.2.3"), "");
    EXPECT_EQ(matches(rules, "eth1", "1.2.3.4", "225.1.2.3"), "2 ");
    rules.erase(key("eth1", "0.0.0.0/0", "225.1.2.3"));
    EXPECT_EQ(matches(rules, "eth1", "1.2.3.4", "225.1.2.3"), "");
    EXPECT(rules.empty());
}

TEST(rules_that_were_erased_may_come_back) {
    Rules rules;
    rules.at(key("eth0", "0.0.0.0/0", "225.1.2.3")) = {numbered(1)};
    rules.erase(key("eth0", "0.0.0.0/0", "225.1.2.3"));
    rules.at(key("eth0", "0.0.0.0/0", "225.1.2.3")) = {numbered(2)};
    EXPECT_EQ(matches(rules, "eth0", "1.2.3.4", "225.1.2.3"), "2 ");
}

}  // namespace smcroute
