// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/route.h"

#include <set>
#include <utility>

#include "mcast/op.h"
#include "test.h"

namespace smcroute {

namespace {

IfPattern interface(std::string_view text) { return *IfPattern::parse(text); }
Prefix prefix(std::string_view text) { return *Prefix::parse(text); }
Flow flow(std::string_view source, std::string_view group) {
    return {*Address::parse(group), *Address::parse(source)};
}

RouteSpec exact_route() {
    return {interface("eth0"), prefix("1.2.3.4"), prefix("225.1.2.3"), {}, {interface("eth1")}};
}

}  // namespace

TEST(route_is_shown_as_its_config_line) {
    EXPECT_EQ(to_string(exact_route()), "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1");
    const RouteSpec rule{interface("eth+"),
                         prefix("::/0"),
                         prefix("ff0e::/16"),
                         {prefix("2001:db8::1"), prefix("2001:db8:1::/48")},
                         {interface("br0"), interface("tun+")}};
    EXPECT_EQ(to_string(rule),
              "mroute from eth+ except 2001:db8::1,2001:db8:1::/48 group ff0e::/16 to br0 tun+");
}

TEST(route_without_outbounds_is_shown_without_to) {
    RouteSpec route = exact_route();
    route.outbounds.clear();
    EXPECT_EQ(to_string(route), "mroute from eth0 source 1.2.3.4 group 225.1.2.3");
}

TEST(join_is_shown_as_its_config_line) {
    const JoinSpec any{interface("eth0"), prefix("0.0.0.0/0"), prefix("225.1.2.3")};
    const JoinSpec specific{interface("eth+"), prefix("2001:db8::/127"), prefix("ff3e::1")};
    EXPECT_EQ(to_string(any), "mgroup from eth0 group 225.1.2.3");
    EXPECT_EQ(to_string(specific), "mgroup from eth+ source 2001:db8::/127 group ff3e::1");
}

TEST(phyint_is_shown_with_what_it_says_and_no_more) {
    EXPECT_EQ(to_string(PhyintSpec{interface("eth0")}), "phyint eth0");
    EXPECT_EQ(to_string(PhyintSpec{interface("eth+"), true, true, uint8_t{5}}),
              "phyint eth+ enable mrdisc ttl-threshold 5");
    EXPECT_EQ(to_string(PhyintSpec{.interface = interface("eth0"), .enable = false}),
              "phyint eth0 disable");
}

TEST(flow_is_shown_with_a_star_for_any_source) {
    EXPECT_EQ(to_string(flow("1.2.3.4", "225.1.2.3")), "(1.2.3.4, 225.1.2.3)");
    EXPECT_EQ(to_string(flow("0.0.0.0", "225.1.2.3")), "(*, 225.1.2.3)");
    EXPECT_EQ(to_string(flow("::", "ff0e::1")), "(*, ff0e::1)");
}

TEST(route_is_exact_only_without_any_wildcard) {
    EXPECT(exact_route().is_exact());
    RouteSpec route = exact_route();
    route.inbound = interface("eth0+");
    EXPECT(!route.is_exact());
    route = exact_route();
    route.source = prefix("1.2.3.4/31");
    EXPECT(!route.is_exact());
    route = exact_route();
    route.group = prefix("225.1.2.0/24");
    EXPECT(!route.is_exact());
    route = exact_route();
    route.except = {prefix("1.2.3.5")};
    EXPECT(!route.is_exact());
    route = exact_route();
    route.outbounds = {interface("+")};
    EXPECT(route.is_exact());
}

TEST(exact_route_has_a_flow) { EXPECT(exact_route().flow() == flow("1.2.3.4", "225.1.2.3")); }

TEST(flows_are_ordered_by_group_then_source) {
    const std::set<Flow> ordered = {flow("9.0.0.1", "225.1.2.3"), flow("1.0.0.1", "225.1.2.4"),
                                    flow("1.0.0.1", "225.1.2.3")};
    std::string text;
    for (const Flow& each : ordered) {
        text += to_string(each) + " ";
    }
    EXPECT_EQ(text, "(1.0.0.1, 225.1.2.3) (9.0.0.1, 225.1.2.3) (1.0.0.1, 225.1.2.4) ");
}

TEST(join_stands_for_each_group_with_each_source) {
    std::string text;
    const auto append = [&text](const Flow& each) { text += to_string(each) + " "; };
    for_each_flow({interface("eth0"), prefix("1.0.0.0/31"), prefix("232.0.0.0/31")}, append);
    EXPECT_EQ(text,
              "(1.0.0.0, 232.0.0.0) (1.0.0.1, 232.0.0.0) (1.0.0.0, 232.0.0.1) (1.0.0.1, "
              "232.0.0.1) ");
}

TEST(join_without_source_stands_for_one_membership_a_group) {
    std::string text;
    const auto append = [&text](const Flow& each) { text += to_string(each) + " "; };
    for_each_flow({interface("eth0"), prefix("::/0"), prefix("ff0e::2/127")}, append);
    EXPECT_EQ(text, "(*, ff0e::2) (*, ff0e::3) ");
}

TEST(ops_are_described_to_follow_cannot) {
    const IfName eth0 = *IfName::parse("eth0");
    const Flow any = flow("0.0.0.0", "225.1.2.3");
    const Flow sourced = flow("1.2.3.4", "232.1.2.3");
    EXPECT_EQ(describe(AddVif{Family::kIpv4, 3, eth0, 7}), "add VIF for eth0");
    EXPECT_EQ(describe(AddVif{Family::kIpv6, 3, eth0, 7}), "add MIF for eth0");
    EXPECT_EQ(describe(DelVif{Family::kIpv4, 3, eth0}), "delete VIF of eth0");
    EXPECT_EQ(describe(DelVif{Family::kIpv6, 3, eth0}), "delete MIF of eth0");
    EXPECT_EQ(describe(PutEntry{.flow = sourced}), "install (1.2.3.4, 232.1.2.3)");
    EXPECT_EQ(describe(DelEntry{sourced}), "remove (1.2.3.4, 232.1.2.3)");
    EXPECT_EQ(describe(Join{{7, eth0, any}}), "join 225.1.2.3 on eth0");
    EXPECT_EQ(describe(Leave{{7, eth0, sourced}}), "leave (1.2.3.4, 232.1.2.3) on eth0");
}

TEST(outbounds_are_the_slots_with_a_threshold) {
    Ttls ttls{};
    EXPECT_EQ(outbounds_of(ttls), SlotSet{0});
    ttls[0] = 1;
    ttls[5] = 255;
    ttls[31] = 1;
    EXPECT_EQ(outbounds_of(ttls), SlotSet{0x80000021});
}

}  // namespace smcroute
