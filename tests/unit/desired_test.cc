// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/desired.h"

#include <algorithm>

#include "test.h"

namespace smcroute {

namespace {

using Lines = std::vector<std::string>;
using How = Desired::Added::How;

constexpr Origin kFirst{1, 0};
constexpr Origin kSecond{2, 0};

IfPattern interface(std::string_view text) { return *IfPattern::parse(text); }
IfName name(std::string_view text) { return *IfName::parse(text); }
Interface link(std::string_view text) {
    return {name(text), 2, true, true, text == std::string_view("lo")};
}
Prefix prefix(std::string_view text) { return *Prefix::parse(text); }

Flow flow(std::string_view source, std::string_view group) {
    return {*Address::parse(group), *Address::parse(source)};
}

RouteSpec route(std::string_view inbound, std::string_view source, std::string_view group,
                const Lines& outbounds = {}) {
    RouteSpec spec{interface(inbound), prefix(source), prefix(group), {}, {}};
    for (const std::string& outbound : outbounds) {
        spec.outbounds.push_back(interface(outbound));
    }
    return spec;
}

RouteSpec rule(std::string_view inbound, std::string_view group, const Lines& outbounds = {}) {
    return route(inbound, "0.0.0.0/0", group, outbounds);
}

RouteSpec except(RouteSpec spec, std::string_view source) {
    spec.except.push_back(prefix(source));
    return spec;
}

JoinSpec join(std::string_view on, std::string_view source, std::string_view group) {
    return {interface(on), prefix(source), prefix(group)};
}

// Everything that is desired, each as its config line, sorted.
Lines dump(const Desired& desired) {
    Lines lines;
    for (const auto& [flow, route] : desired.routes()) {
        lines.push_back(to_string(RouteSpec{route.path->inbound,
                                            Prefix(flow.source),
                                            Prefix(flow.group),
                                            {},
                                            route.path->outbounds}));
    }
    for (const auto& [key, rules] : desired.rules().all()) {
        for (const Rule& rule : rules) {
            lines.push_back(to_string(
                RouteSpec{key.inbound, key.source, key.group, rule.except, rule.path->outbounds}));
        }
    }
    for (const auto& [join, origin] : desired.joins()) {
        lines.push_back(to_string(join));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

std::string names(const Desired& desired, Family family) {
    std::string text;
    for (const IfPattern& pattern : desired.named(family)) {
        text += to_string(pattern) + " ";
    }
    return text;
}

std::string error_of(const Status& status) { return status ? "no error" : status.error().text; }

}  // namespace

TEST(desired_keeps_what_was_added) {
    Desired desired;
    EXPECT(desired.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}), kFirst) ==
           Desired::Added{});
    EXPECT(desired.add(rule("eth0", "225.1.2.3", {"eth2", "eth1"}), kFirst) == Desired::Added{});
    EXPECT(desired.add(join("eth0", "0.0.0.0/0", "225.1.2.3"), kFirst) == Desired::Added{});
    EXPECT_EQ(dump(desired), (Lines{"mgroup from eth0 group 225.1.2.3",
                                    "mroute from eth0 group 225.1.2.3 to eth1 eth2",
                                    "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1"}));
}

TEST(desired_route_with_a_known_key_adds_its_outbounds) {
    Desired desired;
    desired.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth2"}), kFirst);
    const auto added =
        desired.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1", "eth2"}), kSecond);
    EXPECT(added == (Desired::Added{How::kMerged, kFirst}));
    EXPECT_EQ(dump(desired), Lines{"mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1 eth2"});
}

TEST(desired_rule_with_a_known_key_adds_its_outbounds) {
    Desired desired;
    desired.add(rule("eth+", "225.1.0.0/16", {"br1"}), kFirst);
    const auto added = desired.add(rule("eth+", "225.1.0.0/16", {"br0"}), kSecond);
    EXPECT(added == (Desired::Added{How::kMerged, kFirst}));
    EXPECT_EQ(dump(desired), Lines{"mroute from eth+ group 225.1.0.0/16 to br0 br1"});
}

TEST(desired_rules_that_except_different_sources_stay_apart) {
    Desired desired;
    desired.add(rule("eth0", "225.1.2.3", {"eth1"}), kFirst);
    const auto added =
        desired.add(except(rule("eth0", "225.1.2.3", {"eth2"}), "10.0.0.0/8"), kSecond);
    EXPECT(added == Desired::Added{});
    EXPECT_EQ(dump(desired), (Lines{"mroute from eth0 except 10.0.0.0/8 group 225.1.2.3 to eth2",
                                    "mroute from eth0 group 225.1.2.3 to eth1"}));
}

TEST(desired_route_from_another_inbound_takes_the_place_of_the_first) {
    Desired desired;
    desired.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}), kFirst);
    const auto added = desired.add(route("eth2", "1.2.3.4", "225.1.2.3", {"eth3"}), kSecond);
    EXPECT(added == (Desired::Added{How::kReplaced, kFirst}));
    EXPECT_EQ(dump(desired), Lines{"mroute from eth2 source 1.2.3.4 group 225.1.2.3 to eth3"});
    EXPECT_EQ(names(desired, Family::kIpv4), "eth2 eth3 ");
    EXPECT(desired.find(flow("1.2.3.4", "225.1.2.3"))->origin == kSecond);
}

TEST(desired_rules_from_different_inbounds_stand_side_by_side) {
    Desired desired;
    desired.add(rule("eth0", "225.1.2.3", {"eth1"}), kFirst);
    EXPECT(desired.add(rule("eth2", "225.1.2.3", {"eth3"}), kSecond) == Desired::Added{});
    EXPECT_EQ(dump(desired), (Lines{"mroute from eth0 group 225.1.2.3 to eth1",
                                    "mroute from eth2 group 225.1.2.3 to eth3"}));
}

TEST(desired_finds_exact_routes_only) {
    Desired desired;
    desired.add(rule("eth0", "225.1.2.3", {"eth1"}), kFirst);
    EXPECT(desired.find(flow("1.2.3.4", "225.1.2.3")) == nullptr);
    desired.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}), kFirst);
    EXPECT(desired.find(flow("1.2.3.4", "225.1.2.3")) != nullptr);
    EXPECT(desired.find(flow("1.2.3.5", "225.1.2.3")) == nullptr);
}

TEST(desired_removal_without_outbounds_removes_the_route) {
    Desired desired;
    desired.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}), kFirst);
    desired.add(rule("eth0", "225.1.2.3", {"eth2"}), kFirst);
    EXPECT(desired.remove(route("eth0", "1.2.3.4", "225.1.2.3")));
    EXPECT_EQ(dump(desired), Lines{"mroute from eth0 group 225.1.2.3 to eth2"});
    EXPECT(desired.remove(rule("eth0", "225.1.2.3")));
    EXPECT_EQ(dump(desired), Lines{});
    EXPECT_EQ(names(desired, Family::kIpv4), "");
}

TEST(desired_removal_with_outbounds_takes_just_these_away) {
    Desired desired;
    desired.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1", "eth2", "eth3"}), kFirst);
    desired.add(rule("eth0", "225.1.2.3", {"eth1", "eth2"}), kFirst);
    EXPECT(desired.remove(route("eth0", "1.2.3.4", "225.1.2.3", {"eth3", "eth1"})));
    EXPECT(desired.remove(rule("eth0", "225.1.2.3", {"eth2"})));
    EXPECT_EQ(dump(desired), (Lines{"mroute from eth0 group 225.1.2.3 to eth1",
                                    "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth2"}));
}

TEST(desired_route_stays_when_its_last_outbound_goes) {
    Desired desired;
    desired.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}), kFirst);
    EXPECT(desired.remove(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"})));
    EXPECT_EQ(dump(desired), Lines{"mroute from eth0 source 1.2.3.4 group 225.1.2.3"});
}

TEST(desired_removal_takes_in_every_rule_of_the_key) {
    Desired desired;
    desired.add(rule("eth0", "225.1.2.3", {"eth1", "eth2"}), kFirst);
    desired.add(except(rule("eth0", "225.1.2.3", {"eth2"}), "10.0.0.0/8"), kFirst);
    EXPECT(desired.remove(rule("eth0", "225.1.2.3", {"eth2"})));
    EXPECT_EQ(dump(desired), (Lines{"mroute from eth0 except 10.0.0.0/8 group 225.1.2.3",
                                    "mroute from eth0 group 225.1.2.3 to eth1"}));
    EXPECT(desired.remove(rule("eth0", "225.1.2.3")));
    EXPECT_EQ(dump(desired), Lines{});
}

TEST(desired_removal_of_what_is_not_there_says_so_and_changes_nothing) {
    Desired desired;
    desired.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}), kFirst);
    desired.add(rule("eth0", "225.1.0.0/16", {"eth1"}), kFirst);
    desired.add(join("eth0", "0.0.0.0/0", "225.1.2.3"), kFirst);
    const Lines before = dump(desired);
    EXPECT_EQ(error_of(desired.remove(route("eth0", "1.2.3.5", "225.1.2.3", {"eth1"}))),
              "there is no mroute from eth0 source 1.2.3.5 group 225.1.2.3");
    EXPECT_EQ(
        error_of(desired.remove(route("eth2", "1.2.3.4", "225.1.2.3"))),
        "there is no mroute from eth2 source 1.2.3.4 group 225.1.2.3: it is routed from eth0");
    EXPECT_EQ(error_of(desired.remove(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1", "eth2"}))),
              "eth2 is not an outbound of mroute from eth0 source 1.2.3.4 group 225.1.2.3");
    EXPECT_EQ(error_of(desired.remove(rule("eth0", "225.1.0.0/17"))),
              "there is no mroute from eth0 group 225.1.0.0/17");
    EXPECT_EQ(error_of(desired.remove(rule("eth0", "225.1.0.0/16", {"eth1", "eth+"}))),
              "eth+ is not an outbound of mroute from eth0 group 225.1.0.0/16");
    EXPECT_EQ(error_of(desired.remove(join("eth0", "1.2.3.4", "225.1.2.3"))),
              "there is no mgroup from eth0 source 1.2.3.4 group 225.1.2.3");
    EXPECT_EQ(dump(desired), before);
}

TEST(desired_join_that_was_there_is_reported_as_merged) {
    Desired desired;
    desired.add(join("eth0", "0.0.0.0/0", "225.1.2.3"), kFirst);
    const auto added = desired.add(join("eth0", "0.0.0.0/0", "225.1.2.3"), kSecond);
    EXPECT(added == (Desired::Added{How::kMerged, kFirst}));
    EXPECT(desired.remove(join("eth0", "0.0.0.0/0", "225.1.2.3")));
    EXPECT_EQ(dump(desired), Lines{});
    EXPECT_EQ(names(desired, Family::kIpv4), "");
}

TEST(desired_names_phyint_lines_first_then_routes_and_joins_in_order) {
    Desired desired;
    desired.add(route("eth5", "1.2.3.4", "225.1.2.3", {"eth4"}), kFirst);
    desired.add(join("eth3", "0.0.0.0/0", "225.1.2.3"), kFirst);
    desired.add(rule("eth+", "225.1.2.3", {"br0"}), kFirst);
    desired.add(PhyintSpec{.interface = interface("eth9")}, kFirst);
    desired.add(PhyintSpec{.interface = interface("eth1")}, kFirst);
    desired.add(PhyintSpec{.interface = interface("eth9"), .enable = true}, kFirst);
    EXPECT_EQ(names(desired, Family::kIpv4), "eth9 eth1 eth5 eth4 eth3 eth+ br0 ");
}

TEST(desired_names_for_a_family_only_what_its_routes_name) {
    Desired desired;
    desired.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}), kFirst);
    desired.add(route("eth2", "2001:db8::1", "ff0e::1", {"eth3"}), kFirst);
    EXPECT_EQ(names(desired, Family::kIpv4), "eth0 eth1 ");
    EXPECT_EQ(names(desired, Family::kIpv6), "eth2 eth3 ");
}

TEST(desired_names_version_changes_when_the_names_may_have_changed) {
    Desired desired;
    std::vector<uint64_t> versions = {desired.names_version()};
    const auto note = [&] { versions.push_back(desired.names_version()); };
    desired.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}), kFirst);
    note();
    desired.add(route("eth0", "2001:db8::1", "ff0e::1", {"eth1"}), kFirst);
    note();
    desired.add(join("eth2", "0.0.0.0/0", "225.1.2.3"), kFirst);
    note();
    desired.add(PhyintSpec{.interface = interface("eth9")}, kFirst);
    note();
    EXPECT(desired.remove(route("eth0", "1.2.3.4", "225.1.2.3")));
    note();
    EXPECT(desired.remove(join("eth2", "0.0.0.0/0", "225.1.2.3")));
    note();
    std::sort(versions.begin(), versions.end());
    EXPECT(std::unique(versions.begin(), versions.end()) == versions.end());
}

TEST(desired_names_version_stays_when_a_route_names_nothing_new) {
    Desired desired;
    desired.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}), kFirst);
    const uint64_t version = desired.names_version();
    desired.add(route("eth0", "1.2.3.5", "225.1.2.3", {"eth1"}), kFirst);
    desired.add(rule("eth1", "225.1.2.3", {"eth0"}), kFirst);
    EXPECT(desired.remove(route("eth0", "1.2.3.4", "225.1.2.3")));
    EXPECT_EQ(desired.names_version(), version);
}

TEST(desired_phyint_lines_for_one_interface_merge_and_the_later_wins) {
    Desired desired;
    desired.add(PhyintSpec{interface("eth0"), true, std::nullopt, uint8_t{3}}, kFirst);
    const auto added =
        desired.add(PhyintSpec{interface("eth0"), false, true, std::nullopt}, kSecond);
    EXPECT(added == (Desired::Added{How::kMerged, kFirst}));
    EXPECT_EQ(to_string(desired.phyint(name("eth0"))),
              "phyint eth0 disable mrdisc ttl-threshold 3");
}

TEST(desired_phyint_takes_from_a_wider_line_what_the_narrower_leaves_open) {
    Desired desired;
    desired.add(PhyintSpec{interface("eth1+"), std::nullopt, std::nullopt, uint8_t{2}}, kFirst);
    desired.add(PhyintSpec{interface("+"), true, true, uint8_t{1}}, kFirst);
    desired.add(PhyintSpec{interface("eth1"), std::nullopt, false, std::nullopt}, kFirst);
    desired.add(PhyintSpec{interface("eth+"), false, std::nullopt, uint8_t{3}}, kFirst);
    EXPECT(desired.phyint(name("eth1")) ==
           (PhyintSpec{interface("eth1"), false, false, uint8_t{2}}));
    EXPECT(desired.phyint(name("eth12")) ==
           (PhyintSpec{interface("eth12"), false, true, uint8_t{2}}));
    EXPECT(desired.phyint(name("eth2")) ==
           (PhyintSpec{interface("eth2"), false, true, uint8_t{3}}));
    EXPECT(desired.phyint(name("br0")) == (PhyintSpec{interface("br0"), true, true, uint8_t{1}}));
}

TEST(desired_phyint_of_an_interface_that_no_line_names_says_nothing) {
    Desired desired;
    desired.add(PhyintSpec{interface("eth1"), false, true, uint8_t{2}}, kFirst);
    EXPECT(desired.phyint(name("eth0")) == PhyintSpec{interface("eth0")});
}

TEST(desired_names_stand_in_an_order_that_was_made_before_the_lines) {
    Desired desired;
    const std::vector<IfPattern> order{interface("eth2"), interface("eth9"), interface("eth1")};
    for (const IfPattern& each : order) {
        desired.mention(Family::kIpv4, each);
    }
    desired.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1", "eth2"}), kFirst);
    for (const IfPattern& each : order) {
        desired.unmention(Family::kIpv4, each);
    }
    EXPECT(desired.mentioned(Family::kIpv4) ==
           (std::vector{interface("eth2"), interface("eth1"), interface("eth0")}));
    EXPECT(desired.mentioned(Family::kIpv6).empty());
}

TEST(desired_wants_the_joins_that_were_asked_for) {
    Desired desired;
    desired.add(join("eth0", "0.0.0.0/0", "225.1.2.3"), kFirst);
    desired.add(join("eth0", "1.2.3.4", "232.1.2.3"), kFirst);
    EXPECT(desired.wants_join(link("eth0"), flow("0.0.0.0", "225.1.2.3")));
    EXPECT(desired.wants_join(link("eth0"), flow("1.2.3.4", "232.1.2.3")));
    EXPECT(!desired.wants_join(link("eth1"), flow("0.0.0.0", "225.1.2.3")));
    EXPECT(!desired.wants_join(link("eth0"), flow("0.0.0.0", "225.1.2.4")));
    EXPECT(!desired.wants_join(link("eth0"), flow("1.2.3.5", "232.1.2.3")));
}

TEST(desired_wants_each_membership_of_a_wide_join) {
    Desired desired;
    desired.add(join("eth+", "0.0.0.0/0", "225.1.2.0/24"), kFirst);
    desired.add(join("eth0", "10.0.0.0/24", "232.1.2.3"), kFirst);
    EXPECT(desired.wants_join(link("eth7"), flow("0.0.0.0", "225.1.2.255")));
    EXPECT(desired.wants_join(link("eth0"), flow("10.0.0.9", "232.1.2.3")));
    EXPECT(!desired.wants_join(link("br0"), flow("0.0.0.0", "225.1.2.255")));
    EXPECT(!desired.wants_join(link("eth0"), flow("10.0.1.0", "232.1.2.3")));
}

TEST(desired_tells_a_join_of_any_source_from_one_of_a_source) {
    Desired desired;
    desired.add(join("eth+", "0.0.0.0/0", "225.1.2.3"), kFirst);
    desired.add(join("eth0", "1.0.0.0/31", "232.1.2.3"), kFirst);
    EXPECT(!desired.wants_join(link("eth0"), flow("1.2.3.4", "225.1.2.3")));
    EXPECT(!desired.wants_join(link("eth0"), flow("0.0.0.0", "232.1.2.3")));
}

TEST(desired_wants_a_join_on_the_loopback_only_where_it_is_named_in_full) {
    Desired desired;
    desired.add(join("+", "0.0.0.0/0", "225.1.2.3"), kFirst);
    EXPECT(!desired.wants_join(link("lo"), flow("0.0.0.0", "225.1.2.3")));
    desired.add(join("lo", "0.0.0.0/0", "225.1.2.3"), kFirst);
    EXPECT(desired.wants_join(link("lo"), flow("0.0.0.0", "225.1.2.3")));
}

TEST(desired_wants_a_membership_until_its_last_join_goes) {
    Desired desired;
    desired.add(join("eth0", "0.0.0.0/0", "225.1.2.3"), kFirst);
    desired.add(join("eth+", "0.0.0.0/0", "225.1.2.3"), kFirst);
    EXPECT(desired.remove(join("eth0", "0.0.0.0/0", "225.1.2.3")));
    EXPECT(desired.wants_join(link("eth0"), flow("0.0.0.0", "225.1.2.3")));
    EXPECT(desired.remove(join("eth+", "0.0.0.0/0", "225.1.2.3")));
    EXPECT(!desired.wants_join(link("eth0"), flow("0.0.0.0", "225.1.2.3")));
}

}  // namespace smcroute
