// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/proc_text.h"

#include "test.h"

namespace smcroute::test {

TEST(proc_text_finds_a_counter_by_the_name_above_it) {
    constexpr std::string_view kText =
        "Ip: Forwarding DefaultTTL FragFails\nIp: 2 64 17\nIcmp: InMsgs\nIcmp: 5\n";
    EXPECT_EQ(counter_in(kText, "Ip", "FragFails"), 17U);
    EXPECT_EQ(counter_in(kText, "Ip", "Forwarding"), 2U);
    EXPECT_EQ(counter_in(kText, "Icmp", "InMsgs"), 5U);
    EXPECT_EQ(counter_in(kText, "Ip", "Fails"), 0U);
    EXPECT_EQ(counter_in(kText, "Udp", "InMsgs"), 0U);
    EXPECT_EQ(counter_in("Ip: A B\nIp: 1", "Ip", "B"), 0U);
    EXPECT_EQ(counter_in("Ip: A", "Ip", "A"), 0U);
    EXPECT_EQ(counter_in("", "Ip", "A"), 0U);
}

TEST(proc_text_finds_an_ipv6_counter_in_its_line) {
    constexpr std::string_view kText =
        "Ip6InReceives                   \t35\nIp6FragFails                    \t3\n";
    EXPECT_EQ(counter6_in(kText, "Ip6FragFails"), 3U);
    EXPECT_EQ(counter6_in(kText, "Ip6FragFail"), 0U);
    EXPECT_EQ(counter6_in("Ip6FragFails", "Ip6FragFails"), 0U);
}

TEST(proc_text_lists_the_interfaces_with_a_vif) {
    const std::vector<std::string> both = {"eth0", "br-lan.7"};
    EXPECT_EQ(vif_names("Interface      BytesIn  PktsIn  BytesOut PktsOut Flags Local    Remote\n"
                        " 0 eth0           9752     106         0       0 00008 00000002 00000000\n"
                        "11 br-lan.7          0       0         0       0 00008 00000004 00000000"),
              both);
    EXPECT_EQ(vif_names("heading\n"), std::vector<std::string>());
    EXPECT_EQ(vif_names("heading\n12\nx eth0\n"), std::vector<std::string>());
}

}  // namespace smcroute::test
