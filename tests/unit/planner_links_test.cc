// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The planner and interfaces: VIFs, memberships, and what they do to entries.

#include "mcast/planner.h"

#include "router.h"
#include "test.h"

namespace smcroute::test {

TEST(planner_rewrites_no_entry_for_a_vif_that_went_and_came_back) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1", "eth2"}));
    router.settle();
    router.unlink(3);
    router.unlink(2);
    EXPECT_EQ(router.settle(), (Lines{"unvif 0 eth0", "unvif 1 eth1"}));
    router.link("eth1", 13);
    router.link("eth0", 12);
    EXPECT_EQ(router.settle(), (Lines{"vif 0 eth0 12", "vif 1 eth1 13"}));
}

TEST(planner_replaces_the_vif_of_an_interface_that_was_made_again_meanwhile) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}));
    router.settle();
    router.unlink(3);
    router.link("eth1", 13);
    EXPECT_EQ(router.settle(), (Lines{"unvif 1 eth1", "vif 1 eth1 13"}));
}

TEST(planner_rewrites_an_entry_that_was_written_while_its_outbound_was_away) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1", "eth2"}));
    router.settle();
    router.unlink(4);
    router.settle();
    router.add(route("eth0", "1.2.3.5", "225.1.2.3", {"eth1", "eth2"}));
    EXPECT_EQ(router.settle(), Lines{"put (1.2.3.5, 225.1.2.3) 0 > 1"});
    EXPECT_EQ(router.settle(), Lines{});
    router.link("eth2", 14);
    EXPECT_EQ(router.settle(), (Lines{"vif 2 eth2 14", "put (1.2.3.5, 225.1.2.3) 0 > 1 2"}));
}

TEST(planner_installs_a_route_without_the_outbounds_that_do_not_exist_yet) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth9", "eth1"}));
    router.settle();
    EXPECT_EQ(router.settle(), Lines{});
    router.link("eth9", 9);
    EXPECT_EQ(router.settle(), (Lines{"vif 3 eth9 9", "put (1.2.3.4, 225.1.2.3) 0 > 1 3"}));
}

TEST(planner_rewrites_entries_for_a_new_interface_even_if_the_scope_is_narrow) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth+"}));
    router.settle();
    router.link("eth3", 5);
    EXPECT_EQ(router.settle(Scope{}),
              (Lines{"vif 3 eth3 5", "put (1.2.3.4, 225.1.2.3) 0 > 1 2 3"}));
}

TEST(planner_installs_a_route_once_its_inbound_exists) {
    Router router;
    router.add(route("eth9", "1.2.3.4", "225.1.2.3", {"eth0"}));
    EXPECT_EQ(router.settle(), (Lines{"vif 0 eth0 2", "vif 1 eth1 3", "vif 2 eth2 4"}));
    router.link("eth9", 9);
    EXPECT_EQ(router.settle(), (Lines{"vif 3 eth9 9", "put (1.2.3.4, 225.1.2.3) 3 > 0"}));
}

TEST(planner_follows_a_rename_with_a_slot_of_its_own) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1", "lan+"}));
    router.settle();
    router.link("lan1", 3);
    EXPECT_EQ(router.settle(),
              (Lines{"unvif 1 eth1", "vif 3 lan1 3", "put (1.2.3.4, 225.1.2.3) 0 > 3"}));
    EXPECT_EQ(router.settle(), Lines{});
    router.link("eth1", 3);
    EXPECT_EQ(router.settle(),
              (Lines{"unvif 3 lan1", "vif 1 eth1 3", "put (1.2.3.4, 225.1.2.3) 0 > 1"}));
}

TEST(planner_takes_both_vifs_away_before_names_are_swapped) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1"}));
    router.settle();
    router.link("tmp", 2);
    router.link("eth0", 3);
    router.link("eth1", 2);
    EXPECT_EQ(router.settle(),
              (Lines{"unvif 0 eth0", "unvif 1 eth1", "vif 0 eth0 3", "vif 1 eth1 2"}));
}

TEST(planner_leaves_the_entry_of_an_interface_that_is_disabled_for_its_return) {
    Router router;
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"eth1", "eth2"}));
    router.settle();
    router.add(PhyintSpec{.interface = pattern("eth1"), .enable = false});
    EXPECT_EQ(router.settle(), Lines{"unvif 1 eth1"});
    router.add(PhyintSpec{.interface = pattern("eth1"), .enable = true});
    EXPECT_EQ(router.settle(), Lines{"vif 1 eth1 3"});
}

TEST(planner_does_not_forward_to_the_loopback_for_a_wildcard) {
    Router router;
    router.state.interfaces.apply({.interface = {name("lo"), 1, true, true, true}});
    router.add(PhyintSpec{.interface = pattern("lo")});
    router.add(route("eth0", "1.2.3.4", "225.1.2.3", {"+"}));
    router.add(route("eth0", "1.2.3.5", "225.1.2.3", {"lo"}));
    router.settle();
    EXPECT_EQ(router.entry(flow("1.2.3.4", "225.1.2.3")), "eth0 > eth1 eth2");
    EXPECT_EQ(router.entry(flow("1.2.3.5", "225.1.2.3")), "eth0 > lo");
}

TEST(planner_joins_on_every_interface_that_a_wildcard_names) {
    Router router;
    router.settle();
    router.add(join("eth+", "225.1.2.2/31"));
    EXPECT_EQ(router.settle(Scope{.joins = {join("eth+", "225.1.2.2/31")}}),
              (Lines{"join (*, 225.1.2.2) eth0 2", "join (*, 225.1.2.3) eth0 2",
                     "join (*, 225.1.2.2) eth1 3", "join (*, 225.1.2.3) eth1 3",
                     "join (*, 225.1.2.2) eth2 4", "join (*, 225.1.2.3) eth2 4"}));
}

TEST(planner_joins_once_what_two_lines_ask_for) {
    Router router;
    router.settle();
    router.add(join("eth0", "225.1.2.3"));
    router.add(join("eth0", "225.1.2.2/31"));
    EXPECT_EQ(router.settle(Scope{.all_joins = true}),
              (Lines{"join (*, 225.1.2.2) eth0 2", "join (*, 225.1.2.3) eth0 2"}));
}

TEST(planner_leaves_only_what_no_other_line_asks_for) {
    Router router;
    router.add(join("eth0", "225.1.2.3"));
    router.add(join("eth0", "225.1.2.2/31"));
    router.settle();
    router.remove(join("eth0", "225.1.2.2/31"));
    EXPECT_EQ(router.settle(Scope{.joins = {join("eth0", "225.1.2.2/31")}}),
              Lines{"leave (*, 225.1.2.2) eth0 2"});
}

TEST(planner_leaves_by_the_dead_index_before_it_joins_by_the_new_one) {
    Router router;
    router.add(join("eth0", "225.1.2.3"));
    router.settle();
    router.unlink(2);
    router.link("eth0", 12);
    EXPECT_EQ(router.settle(),
              (Lines{"unvif 0 eth0", "vif 0 eth0 12", "leave (*, 225.1.2.3) eth0 2",
                     "join (*, 225.1.2.3) eth0 12"}));
}

TEST(planner_leaves_by_the_dead_index_of_an_interface_that_does_not_return) {
    Router router;
    router.add(join("eth0", "225.1.2.3"));
    router.settle();
    router.unlink(2);
    EXPECT_EQ(router.settle(Scope{.all_joins = true}),
              (Lines{"unvif 0 eth0", "leave (*, 225.1.2.3) eth0 2"}));
    EXPECT_EQ(router.settle(Scope{.all_joins = true}), Lines{});
}

TEST(planner_moves_a_membership_with_the_name_on_a_rename) {
    Router router;
    router.add(join("eth0", "225.1.2.3"));
    router.add(join("lan0", "225.1.2.3"));
    router.settle();
    router.link("lan0", 2);
    const Lines lines = router.settle();
    EXPECT_EQ(lines, (Lines{"unvif 0 eth0", "vif 3 lan0 2", "leave (*, 225.1.2.3) eth0 2",
                            "join (*, 225.1.2.3) lan0 2"}));
}

}  // namespace smcroute::test
