// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/planner.h"

#include <algorithm>

#include "router.h"
#include "test.h"

namespace smcroute::test {

namespace {

const Flow kFlow = flow("1.2.3.4", "225.1.2.3");

}  // namespace

TEST(planner_gives_vifs_and_joins_before_entries) {
    Router router;
    router.add(PhyintSpec{.interface = pattern("eth0")});
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}));
    router.add(join("eth0", "225.1.2.3"));
    EXPECT_EQ(router.settle(),
              (Lines{"vif 0 eth0 2", "vif 1 eth1 3", "vif 2 eth2 4", "join (*, 225.1.2.3) eth0 2",
                     "put (1.2.3.4, 225.1.2.3) 0 > 1"}));
}

TEST(planner_takes_entries_before_vifs_and_joins) {
    Router router;
    router.default_vifs = false;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}));
    router.add(join("eth0", "225.1.2.3"));
    router.settle();
    router.remove(route("eth0", "1.2.3.4", "225.1.2.3"));
    router.remove(join("eth0", "225.1.2.3"));
    EXPECT_EQ(router.settle(), (Lines{"del (1.2.3.4, 225.1.2.3)", "unvif 0 eth0", "unvif 1 eth1",
                                      "leave (*, 225.1.2.3) eth0 2"}));
}

TEST(planner_deletes_what_goes_before_it_puts_what_comes) {
    Router router;
    router.add(route("eth0", "1.2.3.9", "225.1.2.9", {"eth1"}));
    router.settle();
    router.remove(route("eth0", "1.2.3.9", "225.1.2.9"));
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}));
    EXPECT_EQ(router.settle(),
              (Lines{"del (1.2.3.9, 225.1.2.9)", "put (1.2.3.4, 225.1.2.3) 0 > 1"}));
}

TEST(planner_has_no_op_for_what_is_unchanged) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}));
    router.add(rule("eth0", "225.1.0.0/16", {"eth2"}));
    router.add(join("eth0", "225.1.2.3"));
    router.hear(flow("1.2.3.5", "225.1.2.3"), "eth0");
    router.settle();
    EXPECT_EQ(router.settle(), Lines{});
}

TEST(planner_leaves_other_entries_alone_when_a_route_comes) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}));
    router.settle();
    router.add(route("eth0", "1.2.3.5", "225.1.2.3", {"eth1"}));
    EXPECT_EQ(router.settle(), Lines{"put (1.2.3.5, 225.1.2.3) 0 > 1"});
}

TEST(planner_installs_the_union_of_a_route_and_all_rules_that_match) {
    Router router;
    router.link("eth3", 5);
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}));
    router.add(rule("eth0", "225.1.0.0/16", {"eth2"}));
    router.add(rule("eth+", "225.1.2.3", {"eth3"}));
    router.add(rule("eth0", "226.0.0.0/8", {"eth9"}));
    router.hear(flow("1.2.3.5", "225.1.2.3"), "eth0");
    router.settle();
    EXPECT_EQ(router.entry(kFlow), "eth0 > eth1 eth2 eth3");
    EXPECT_EQ(router.entry(flow("1.2.3.5", "225.1.2.3")), "eth0 > eth2 eth3");
}

TEST(planner_asks_rules_by_the_inbound_of_the_stream) {
    Router router;
    router.add(PhyintSpec{.interface = pattern("eth+")});
    router.add(rule("eth0", "225.1.2.3", {"eth1"}));
    router.add(rule("eth1", "225.1.2.3", {"eth2"}));
    router.settle();
    router.hear(kFlow, "eth1");
    EXPECT_EQ(router.settle_flow(kFlow), Lines{"put (1.2.3.4, 225.1.2.3) 1 > 2"});
}

TEST(planner_rewrites_the_entry_of_a_stream_that_moved) {
    Router router;
    router.add(PhyintSpec{.interface = pattern("eth+")});
    router.add(rule("+", "225.1.2.3", {"eth2"}));
    router.hear(kFlow, "eth0");
    router.settle();
    router.hear(kFlow, "eth1");
    EXPECT_EQ(router.settle_flow(kFlow), Lines{"put (1.2.3.4, 225.1.2.3) 1 > 2"});
}

TEST(planner_blocks_a_stream_that_no_rule_matches) {
    Router router;
    router.settle();
    router.hear(kFlow, "eth0");
    EXPECT_EQ(router.settle_flow(kFlow), Lines{"put (1.2.3.4, 225.1.2.3) 0 >"});
    EXPECT_EQ(router.settle_flow(kFlow), Lines{});
}

TEST(planner_blocks_a_stream_whose_source_its_rule_excepts) {
    Router router;
    RouteSpec spec = rule("eth0", "225.1.2.3", {"eth1"});
    spec.except = {*Prefix::parse("1.2.3.0/24")};
    router.add(spec);
    router.hear(kFlow, "eth0");
    router.hear(flow("1.2.4.4", "225.1.2.3"), "eth0");
    router.settle();
    EXPECT_EQ(router.entry(kFlow), "eth0 >");
    EXPECT_EQ(router.entry(flow("1.2.4.4", "225.1.2.3")), "eth0 > eth1");
}

TEST(planner_turns_blocking_entries_in_the_range_of_a_rule_into_routes_and_back) {
    Router router;
    router.hear(kFlow, "eth0");
    router.hear(flow("1.2.3.4", "225.1.3.0"), "eth0");
    router.hear(flow("1.2.3.4", "225.0.255.255"), "eth0");
    router.hear(flow("9.2.3.4", "225.1.2.3"), "eth0");
    router.settle();
    const RouteSpec spec = route("eth0", "1.0.0.0/8", "225.1.2.0/24", {"eth1"});
    router.add(spec);
    EXPECT_EQ(router.settle_range("225.1.2.0/24", "1.0.0.0/8"),
              Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1"});
    EXPECT_EQ(router.settle(), Lines{});
    router.remove(spec);
    EXPECT_EQ(router.settle_range("225.1.2.0/24", "1.0.0.0/8"),
              Lines{"put (1.2.3.4, 225.1.2.3) 0 >"});
}

TEST(planner_range_holds_its_first_and_last_group) {
    Router router;
    router.hear(flow("1.2.3.4", "225.1.2.0"), "eth0");
    router.hear(flow("1.2.3.4", "225.1.2.255"), "eth0");
    router.hear(flow("1.2.3.4", "225.1.3.0"), "eth0");
    router.settle();
    router.add(rule("eth0", "225.0.0.0/8", {"eth1"}));
    EXPECT_EQ(router.settle_range("225.1.2.0/24"),
              (Lines{"put (1.2.3.4, 225.1.2.0) 0 > 1", "put (1.2.3.4, 225.1.2.255) 0 > 1"}));
}

TEST(planner_does_not_disturb_flows_that_another_rule_still_covers) {
    Router router;
    router.add(rule("eth0", "225.1.0.0/16", {"eth1"}));
    router.add(rule("eth0", "225.1.2.0/24", {"eth1"}));
    router.hear(kFlow, "eth0");
    router.settle();
    router.remove(rule("eth0", "225.1.2.0/24"));
    EXPECT_EQ(router.settle_range("225.1.2.0/24"), Lines{});
}

TEST(planner_keeps_a_route_without_outbounds_as_an_entry_that_forwards_nothing) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}));
    router.settle();
    router.remove(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}));
    EXPECT_EQ(router.settle_flow(kFlow), Lines{"put (1.2.3.4, 225.1.2.3) 0 >"});
}

TEST(planner_moves_the_entry_to_the_inbound_of_the_later_route) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}));
    router.settle();
    router.add(route("eth2", "1.2.3.4", "225.1.2.3", {"eth1"}));
    EXPECT_EQ(router.settle_flow(kFlow), Lines{"put (1.2.3.4, 225.1.2.3) 2 > 1"});
}

TEST(planner_prefers_the_route_to_the_stream) {
    Router router;
    router.hear(kFlow, "eth1");
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth2"}));
    router.settle();
    EXPECT(Planner(router.state).has_route(kFlow));
    EXPECT_EQ(router.entry(kFlow), "eth0 > eth2");
}

TEST(planner_serves_the_stream_while_the_inbound_of_its_route_is_away) {
    Router router;
    router.add(route("eth9", "1.2.3.4", "225.1.2.3", {"eth2"}));
    router.add(rule("eth0", "225.1.2.3", {"eth1"}));
    router.hear(kFlow, "eth0");
    router.settle();
    EXPECT(!Planner(router.state).has_route(kFlow));
    EXPECT_EQ(router.entry(kFlow), "eth0 > eth1");
}

TEST(planner_takes_the_inbound_out_of_what_a_wildcard_names) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth+"}));
    router.add(rule("eth+", "225.9.9.9", {"eth+"}));
    router.hear(flow("1.2.3.4", "225.9.9.9"), "eth1");
    router.settle();
    EXPECT_EQ(router.entry(kFlow), "eth0 > eth1 eth2");
    EXPECT_EQ(router.entry(flow("1.2.3.4", "225.9.9.9")), "eth1 > eth0 eth2");
}

TEST(planner_leaves_the_inbound_in_where_a_line_names_exactly_that) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth0", "eth1"}));
    router.settle();
    EXPECT_EQ(router.entry(kFlow), "eth0 > eth0 eth1");
}

TEST(planner_takes_the_inbound_out_of_another_rules_outbounds) {
    Router router;
    router.add(rule("eth0", "225.1.2.3", {"eth1"}));
    router.add(rule("+", "225.1.2.3", {"eth0", "eth2"}));
    router.hear(kFlow, "eth0");
    router.settle();
    EXPECT_EQ(router.entry(kFlow), "eth0 > eth1 eth2");
}

TEST(planner_rewrites_just_the_entries_whose_threshold_changed) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}));
    router.add(route("eth0", "1.2.3.5", "225.1.2.3", {"eth2"}));
    router.settle();
    router.add(PhyintSpec{.interface = pattern("eth1"), .ttl_threshold = uint8_t{5}});
    EXPECT_EQ(router.settle(), Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1:5"});
    EXPECT_EQ(router.settle(), Lines{});
}

TEST(planner_rewrites_every_entry_whose_threshold_changed) {
    Router router;
    router.hear(kFlow, "eth0");
    router.hear(flow("1.2.3.5", "225.1.2.3"), "eth0");
    router.add(rule("eth0", "225.1.2.3", {"eth1"}));
    router.settle();
    router.add(PhyintSpec{.interface = pattern("eth1"), .ttl_threshold = uint8_t{5}});
    EXPECT_EQ(router.settle_range("225.1.2.3"),
              (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1:5", "put (1.2.3.5, 225.1.2.3) 0 > 1:5"}));
    EXPECT_EQ(router.settle(), Lines{});
}

TEST(planner_has_no_thresholds_for_ipv6) {
    Router router;
    router.add(PhyintSpec{.interface = pattern("eth1"), .ttl_threshold = uint8_t{5}});
    router.add(route("eth0", "2001:db8::1", "ff0e::1", {"eth1"}));
    EXPECT_EQ(router.settle().back(), "put (2001:db8::1, ff0e::1) 1 > 0");
}

TEST(planner_writes_an_entry_again_that_the_kernel_lacks) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}));
    router.settle();
    router.state.installed.mark_stale(kFlow);
    EXPECT_EQ(router.settle(), Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1"});
}

TEST(planner_plans_again_what_was_not_applied) {
    Router router;
    router.settle();
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}));
    const auto first = Planner(router.state).plan_entry(kFlow);
    const auto second = Planner(router.state).plan_entry(kFlow);
    REQUIRE(first && second);
    EXPECT_EQ(line_of(*first), "put (1.2.3.4, 225.1.2.3) 0 > 1");
    EXPECT_EQ(line_of(*second), line_of(*first));
}

TEST(planner_removes_the_entry_of_a_stream_that_was_forgotten) {
    Router router;
    router.hear(kFlow, "eth0");
    router.settle();
    router.state.streams.erase(kFlow);
    EXPECT_EQ(router.settle_flow(kFlow), Lines{"del (1.2.3.4, 225.1.2.3)"});
    EXPECT_EQ(router.settle_flow(kFlow), Lines{});
}

TEST(planner_serves_both_families_alike) {
    Router router;
    router.add(rule("eth0", "225.1.2.3", {"eth1"}));
    router.add(route("eth0", "::/0", "ff0e::/16", {"eth1"}));
    router.add(join("eth0", "ff0e::1"));
    router.hear(kFlow, "eth0");
    router.hear(flow("2001:db8::1", "ff0e::1"), "eth0");
    Lines lines = router.settle();
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(lines, (Lines{"join (*, ff0e::1) eth0 2", "put (1.2.3.4, 225.1.2.3) 0 > 1",
                            "put (2001:db8::1, ff0e::1) 0 > 1", "vif 0 eth0 2", "vif 1 eth1 3",
                            "vif 2 eth2 4"}));
}

}  // namespace smcroute::test
