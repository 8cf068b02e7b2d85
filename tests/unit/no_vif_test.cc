// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/no_vif.h"

#include "router.h"

namespace smcroute {

using namespace test;

namespace {

std::string why(const Router& router, std::string_view interface, Family family = Family::kIpv4) {
    const auto reason = why_no_vif(family, name(interface), router.state);
    return std::string(reason ? to_string(*reason) : "has one");
}

void link(Router& router, const Interface& interface) {
    router.state.interfaces.apply({.interface = interface});
}

}  // namespace

TEST(an_interface_with_its_vif_has_no_reason_to_lack_one) {
    Router router;
    router.settle();
    EXPECT_EQ(why(router, "eth0"), "has one");
    EXPECT_EQ(why(router, "eth0", Family::kIpv6), "has one");
}

TEST(an_interface_that_is_missing_or_disabled_has_no_vif) {
    Router router;
    router.add(PhyintSpec{.interface = pattern("eth1"), .enable = false});
    router.add(rule("eth1", "225.1.2.3", {"eth7"}));
    router.settle();
    EXPECT_EQ(why(router, "eth1"), "disabled");
    EXPECT_EQ(why(router, "eth7"), "missing");
}

TEST(an_interface_that_finds_all_slots_taken_has_no_vif) {
    Router router;
    for (unsigned i = 3; i < kSlotCount + 1; ++i) {
        router.link(compose("eth{}", i), i + 2);
    }
    router.add(PhyintSpec{.interface = pattern("eth+"), .enable = true});
    router.settle();
    EXPECT_EQ(why(router, "eth31"), "has one");
    EXPECT_EQ(why(router, "eth32"), "no slot");
}

TEST(an_index_above_65535_has_no_mif_but_a_vif) {
    Router router;
    router.link("eth7", 65536);
    router.settle();
    EXPECT_EQ(why(router, "eth7"), "has one");
    EXPECT_EQ(why(router, "eth7", Family::kIpv6), "index above 65535");
}

TEST(an_interface_that_no_line_names_may_be_left_out) {
    Router router;
    link(router, {name("tun0"), 7, true, false, false});
    link(router, {name("lo"), 1, true, true, true});
    router.settle();
    EXPECT_EQ(why(router, "tun0"), "no multicast flag");
    EXPECT_EQ(why(router, "lo"), "not named");
    router.default_vifs = false;
    router.settle();
    EXPECT_EQ(why(router, "eth0"), "not named");
}

TEST(an_interface_whose_vif_the_kernel_did_not_add_has_none) {
    Router router;
    router.plan();
    EXPECT_EQ(why(router, "eth0"), "refused by the kernel");
}

TEST(a_family_that_is_not_routed_is_no_fault_of_the_interface) {
    Router router;
    router.settle();
    router.state.layouts[index_of(Family::kIpv6)] = {};
    EXPECT_EQ(why(router, "eth0", Family::kIpv6), "has one");
}

}  // namespace smcroute
