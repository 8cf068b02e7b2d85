// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/group_list.h"

#include <bit>
#include <string>

#include "base/text.h"
#include "test.h"

namespace smcroute {

namespace {

std::string text(const GroupUsers& users) {
    std::string text;
    for (const auto& [group, count] : users) {
        text += compose("{} {} {}\n", group.first, to_string(group.second), count);
    }
    return text;
}

}  // namespace

TEST(group_list_of_ipv4_is_read) {
    constexpr bool kIsLittle = std::endian::native == std::endian::little;
    const std::string_view all = kIsLittle ? "010000E0" : "E0000001";
    EXPECT_EQ(
        text(parse_group_list(
            Family::kIpv4,
            compose("Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n1\tlo        "
                    ":     1      V3\n\t\t\t\t{}     1 0:00000000\t\t0\n12\teth0.100  :     2      "
                    "V2\n\t\t\t\t{}    13 0:00000000\t\t1\n\t\t\t\t{}     1 0:00000000\t\t0\n",
                    all, kIsLittle ? "030201E1" : "E1010203", all))),
        "1 224.0.0.1 1\n12 224.0.0.1 1\n12 225.1.2.3 13\n");
}

TEST(group_list_of_ipv6_is_read) {
    EXPECT_EQ(text(parse_group_list(
                  Family::kIpv6,
                  "1    lo              ff020000000000000000000000000001     1 0000000C 0\n"
                  "12   eth0            ff0e0000000000000001000200030004    21 00000004 0\n")),
              "1 ff02::1 1\n12 ff0e::1:2:3:4 21\n");
}

TEST(group_list_of_nonsense_is_empty) {
    for (const Family family : kFamilies) {
        for (const char* const nonsense :
             {"", "\n", "\t\t\t\t010000E0     1 0:00000000\t\t0\n", "x\teth0 : 1 V3\n\t010000E0 1",
              "1 eth0 ff02 1\n", "1\n\tE0 1\n", "1 a ff0200000000000000000000000000zz 1",
              "1 \n\t 010000E0\n\t010000E0 x\n\t1010000E0 1"}) {
            EXPECT_EQ(text(parse_group_list(family, nonsense)), "");
        }
    }
}

}  // namespace smcroute
