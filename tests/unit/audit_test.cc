// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// That what is recorded as installed is what the kernel holds: also of entries that were written
// between the end of an interface and the news of it, after lost news, and where somebody else has
// changed an entry.

#include "house.h"
#include "test.h"

namespace smcroute {

namespace {

constexpr const char* kRule = "mroute from eth0 group 225.1.2.0/24 to eth1 eth2\n";

std::string many_routes(unsigned count) {
    std::string config;
    for (unsigned i = 0; i < count; ++i) {
        config += compose("mroute from eth0 source 10.0.0.1 group 225.1.{}.{} to eth1 eth2\n",
                          i / 256, i % 256);
    }
    return config;
}

// eth1 is deleted and made anew; the daemon has not heard of it.
void remake_eth1(FakeKernel& kernel, unsigned was, unsigned is) {
    kernel.remove_interface(was);
    kernel.add_interface("eth1", is);
}

void audit(House& house) { (void)house.daemon.audit(house.now); }

}  // namespace

TEST(a_learned_entry_written_before_the_news_of_its_outbound_is_written_again) {
    House house(kRule);
    house.start();
    remake_eth1(house.kernel, 2, 9);
    EXPECT_EQ(house.upcall(0, "1.2.3.4", "225.1.2.3"), Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1 2"});
    EXPECT_EQ(house.links(),
              (Lines{"unvif IPv4 1", "vif IPv4 1 eth1", "put (1.2.3.4, 225.1.2.3) 0 > 1 2"}));
    EXPECT_EQ(house.difference(), "");
}

TEST(a_route_written_before_the_news_of_its_outbound_is_written_again) {
    House house("phyint eth1 enable\n");
    house.start();
    remake_eth1(house.kernel, 2, 9);
    house.run({"-a", "eth0", "1.2.3.4", "225.1.2.3", "eth1"});
    house.links();
    EXPECT_EQ(house.difference(), "");
}

TEST(entries_written_before_an_interface_went_are_left_alone) {
    House house(kRule);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    remake_eth1(house.kernel, 2, 9);
    EXPECT_EQ(house.links(), (Lines{"unvif IPv4 1", "vif IPv4 1 eth1"}));
    EXPECT_EQ(house.difference(), "");
}

TEST(an_entry_is_not_written_again_for_the_news_of_an_interface_that_it_does_not_need) {
    House house(kRule);
    house.start();
    house.kernel.add_interface("veth9", 9);
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    EXPECT_EQ(house.links(), Lines{});
}

TEST(an_outbound_that_goes_in_the_middle_of_a_long_plan_is_missing_in_no_entry) {
    for (const size_t skip : {size_t{0}, size_t{1}, size_t{1024}, size_t{1500}, size_t{2999}}) {
        House house("phyint eth+ enable\n");
        house.start();
        house.kernel.interrupt(skip, [&house] { remake_eth1(house.kernel, 2, 9); });
        house.reload(compose("phyint eth+ enable\n{}", many_routes(3000)));
        house.links();
        EXPECT_EQ(house.difference(), "");
    }
}

// The first makes a plan between the two, in which the second is believed to be there.
TEST(an_outbound_whose_end_is_read_but_not_yet_acted_on_is_missing_in_no_entry) {
    House house(kRule);
    house.start();
    remake_eth1(house.kernel, 2, 2);
    house.kernel.remove_interface(3);
    house.kernel.add_interface("eth2", 10);
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.links();
    EXPECT_EQ(house.difference(), "");
}

TEST(what_was_written_before_news_were_lost_is_written_again) {
    House house(kRule);
    house.start();
    remake_eth1(house.kernel, 2, 9);
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.kernel.lose_links();
    house.links();
    EXPECT_EQ(house.difference(), "");
}

// Else an audit would pass it over from then on.
TEST(what_was_written_before_news_were_lost_is_written_again_where_no_interface_has_changed) {
    House house(kRule);
    house.start();
    house.kernel.lose_links();
    EXPECT_EQ(house.upcall(0, "1.2.3.4", "225.1.2.3"), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1 2"}));
    EXPECT_EQ(house.links(), (Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1 2"}));
    EXPECT_EQ(house.links(), Lines{});
}

// The VIF has gone by the time that the news are read, and comes again in its old slot.
TEST(what_was_written_before_a_reload_that_disables_a_remade_interface_has_it_again_after_another) {
    House house(kRule);
    house.start();
    remake_eth1(house.kernel, 2, 9);
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.reload(compose("{}phyint eth1 disable\n", kRule));
    house.links();
    EXPECT_EQ(house.difference(), "");
    house.reload(kRule);
    EXPECT_EQ(house.kernel.way_of(flow_of("1.2.3.4", "225.1.2.3"), *IfName::parse("eth0")),
              " eth1:1 eth2:1");
}

// The kernel has left out eth1, which the daemon does not know before the interfaces can be listed.
TEST(what_was_written_before_news_were_lost_is_written_again_once_interfaces_can_be_listed) {
    House house(kRule);
    house.start();
    house.kernel.remove_interface(2);
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.kernel.lose_links();
    house.kernel.fail_interfaces = true;
    house.links();
    house.upcall(0, "1.2.3.4", "225.1.2.4");
    house.kernel.fail_interfaces = false;
    house.pass(std::chrono::seconds{3});
    EXPECT_EQ(house.difference(), "");
}

TEST(an_interface_made_anew_by_its_index_while_news_were_lost_gets_all_again) {
    House house(
        "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n"
        "mroute from eth0 source 2001:db8::1 group ff0e::1 to eth1\n"
        "mgroup from eth1 group 225.1.2.3\n"
        "mgroup from eth1 group 225.1.2.4\n"
        "mgroup from eth2 group 225.1.2.3\n");
    house.start();
    remake_eth1(house.kernel, 2, 2);
    house.kernel.lose_links();
    EXPECT_EQ(house.links(), (Lines{"unvif IPv4 1", "unvif IPv6 1", "leave 225.1.2.4 eth1",
                                    "leave 225.1.2.3 eth1", "vif IPv4 1 eth1", "vif IPv6 1 eth1",
                                    "join 225.1.2.3 eth1", "join 225.1.2.4 eth1"}));
    EXPECT_EQ(house.difference(), "");
    EXPECT_EQ(logged, (Lines{"IPv4: the kernel had no VIF for eth1 any more: added again",
                             "IPv6: the kernel had no VIF for eth1 any more: added again"}));
}

// Only a VIF tells that its interface is the old one.
TEST(joins_on_an_interface_without_a_vif_are_made_again_when_news_were_lost) {
    House house(
        "phyint eth1 disable\n"
        "mgroup from eth1 group 225.1.2.3\n"
        "mgroup from eth2 group 225.1.2.3\n");
    house.start();
    house.kernel.lose_links();
    EXPECT_EQ(house.links(), (Lines{"leave 225.1.2.3 eth1", "join 225.1.2.3 eth1"}));
}

TEST(an_audit_finds_nothing_where_nothing_differs) {
    House house(compose("{}phyint eth2 ttl-threshold 5\n{}", kRule, many_routes(200)));
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.upcall(0, "1.2.3.4", "230.0.0.1");
    house.kernel.remove_interface(2);
    house.links();
    house.kernel.take_lines();
    logged.clear();
    for (int part = 0; part < 5; ++part) {
        audit(house);
    }
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    EXPECT_EQ(logged, Lines{});
}

TEST(an_audit_writes_an_entry_again_that_differs_in_the_kernel) {
    House house(kRule);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    PutEntry other{.flow = flow_of("1.2.3.4", "225.1.2.3"), .iif = 0, .ttls = {}};
    other.ttls[2] = 1;
    house.kernel.spoil_entry(other);
    audit(house);
    EXPECT_EQ(house.kernel.take_lines(), Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1 2"});
    EXPECT_EQ(logged, Lines{"(1.2.3.4, 225.1.2.3): the kernel had it from eth0 to eth2: written "
                            "again"});
    EXPECT_EQ(house.difference(), "");
}

TEST(an_audit_sees_another_inbound_another_threshold_and_no_outbound) {
    House house("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n");
    house.start();
    PutEntry other{.flow = flow_of("1.2.3.4", "225.1.2.3"), .iif = 1, .ttls = {}};
    for (const uint8_t ttl : std::array<uint8_t, 3>{1, 7, 0}) {
        other.ttls[1] = ttl;
        house.kernel.take_lines();
        house.kernel.spoil_entry(other);
        audit(house);
        EXPECT_EQ(house.kernel.take_lines(), Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1"});
        other.iif = 0;
    }
    EXPECT_EQ(logged.front(),
              "(1.2.3.4, 225.1.2.3): the kernel had it from eth1 to eth1: written again");
    EXPECT_EQ(logged.back(),
              "(1.2.3.4, 225.1.2.3): the kernel had it from eth0 to nowhere: written again");
}

TEST(an_audit_installs_again_what_the_kernel_has_lost) {
    House house(compose("{}mgroup from eth1 group 225.1.2.3\n", kRule));
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    house.kernel.flush_entries();
    audit(house);
    EXPECT_EQ(house.kernel.take_lines(), Lines{"put (1.2.3.4, 225.1.2.3) 0 > 1 2"});
    EXPECT_EQ(logged, Lines{"(1.2.3.4, 225.1.2.3): the kernel had no such entry: written again"});
}

// Nobody told of it, nor that anything was lost.
TEST(an_audit_adds_a_vif_that_the_kernel_has_let_go) {
    House house(compose("{}mgroup from eth1 group 225.1.2.3\n", kRule));
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    remake_eth1(house.kernel, 2, 2);
    std::vector<LinkEvent> unheard;
    house.kernel.read_links(unheard);
    audit(house);
    EXPECT_EQ(house.kernel.take_lines(), (Lines{"leave 225.1.2.3 eth1", "unvif IPv4 1",
                                                "vif IPv4 1 eth1", "join 225.1.2.3 eth1"}));
    EXPECT_EQ(house.difference(), "");
}

TEST(an_audit_leaves_to_the_news_what_they_are_about_to_tell) {
    House house(kRule);
    house.start();
    house.upcall(0, "1.2.3.4", "225.1.2.3");
    remake_eth1(house.kernel, 2, 9);
    audit(house);
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    EXPECT_EQ(logged, Lines{});
    house.links();
    EXPECT_EQ(house.difference(), "");
}

TEST(an_audit_goes_on_where_it_stopped_and_tells_at_most_ten_of_a_part) {
    House house(many_routes(100));
    house.start();
    house.kernel.flush_entries();
    audit(house);
    EXPECT_EQ(house.kernel.take_lines().size(), size_t{64});
    EXPECT_EQ(logged.size(), size_t{11});
    EXPECT_EQ(logged.back(), "and 54 more differences");
    audit(house);
    EXPECT_EQ(house.kernel.take_lines().size(), size_t{36});
    audit(house);
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
    EXPECT_EQ(house.difference(), "");
}

TEST(an_audit_takes_so_many_parts_until_every_entry_has_been_checked_since) {
    House house(many_routes(100));
    house.start();
    EXPECT_EQ(house.daemon.audit_parts(), size_t{2});
    audit(house);
    EXPECT_EQ(house.daemon.audit_parts(), size_t{3});
    house.kernel.flush_entries();
    EXPECT_EQ(house.daemon.audit(house.now), false);
    EXPECT_EQ(house.daemon.audit(house.now), false);
    EXPECT_EQ(house.daemon.audit(house.now), true);
    EXPECT_EQ(house.difference(), "");
    EXPECT_EQ(House("phyint eth1 enable\n").daemon.audit_parts(), size_t{0});
}

TEST(an_audit_where_the_kernel_tells_no_entry_finds_none_that_differs) {
    House house(many_routes(10));
    house.start();
    house.kernel.tells_idle_time = false;
    house.kernel.take_lines();
    audit(house);
    EXPECT_EQ(house.kernel.take_lines(), Lines{});
}

}  // namespace smcroute
