// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/star_entries.h"

#include <string>

#include "base/text.h"
#include "config/read_config.h"
#include "house.h"
#include "test.h"

namespace smcroute {

namespace {

// The entries of 225.1.2.3 with eth0 to eth3 in slots 0 to 3: "0>1,2 1>2", or why it is learned.
std::string stars(const std::string& lines) {
    FakeFiles files;
    files.files["f"] = compose("phyint eth0\nphyint eth1\nphyint eth2\nphyint eth3\n{}", lines);
    const ReadConfig config = read_config("f", files);
    Interfaces interfaces;
    for (unsigned i = 0; i < 4; ++i) {
        interfaces.apply(
            {.interface = {*IfName::parse(compose("eth{}", i)), i + 1, true, true, false}});
    }
    std::array<Slots, kFamilies.size()> slots;
    std::array<Layout, kFamilies.size()> layouts;
    layouts[0] =
        lay_out(Family::kIpv4, {.desired = config.desired, .interfaces = interfaces}, slots[0]);
    const auto group =
        star_group_of(*Address::parse("225.1.2.3"), {config.desired, slots, layouts});
    if (!group || group->why) {
        return !group ? "none" : std::string(to_string(*group->why));
    }
    std::string text;
    for (const StarEntry& entry : group->entries) {
        text += compose("{}{}>", text.empty() ? "" : " ", entry.iif);
        for_each_slot(entry.outbounds, [&](Slot slot) { text += std::to_string(slot); });
    }
    return text;
}

std::string line(const char* from, const char* rest) {
    return compose("mroute from {} group 225.1.2.3 {}\n", from, rest);
}

}  // namespace

TEST(stars_are_one_entry_for_each_inbound_with_the_outbounds_of_all_its_rules) {
    EXPECT_EQ(stars(line("eth0", "nolearn to eth1")), "0>1");
    EXPECT_EQ(stars(line("eth+", "nolearn to eth1 eth9")), "0>1 2>1 3>1 1>");
    EXPECT_EQ(stars(line("eth0", "nolearn to eth1") + line("eth+", "nolearn to eth2")),
              "0>12 1>2 3>2 2>");
    EXPECT_EQ(stars(line("eth0", "nolearn")), "0>");
    EXPECT_EQ(stars(line("eth9", "nolearn to eth1")), "");
    EXPECT_EQ(stars(line("eth0", "nolearn to eth1") +
                    "mroute from eth1 source 10.0.0.1 group 225.1.2.3 to eth0\n"),
              "0>1");
    EXPECT_EQ(stars(line("eth0", "nolearn to eth1 eth2") + "phyint eth1 disable\n"
                                                           "phyint eth2 ttl-threshold 255\n"),
              "0>");
}

TEST(stars_stand_in_front_of_those_for_their_outbounds) {
    EXPECT_EQ(stars(line("eth0", "nolearn to eth1") + line("eth1", "nolearn to eth2")), "0>1 1>2");
    EXPECT_EQ(stars(line("eth2", "nolearn to eth1") + line("eth1", "nolearn to eth0") +
                    line("eth3", "nolearn to eth0")),
              "2>1 1>0 3>0");
}

TEST(stars_are_none_where_the_kernel_could_not_forward_as_the_lines_say) {
    const std::string rule = line("eth0", "nolearn to eth1");
    EXPECT_EQ(stars(line("eth0", "to eth1")), "none");
    EXPECT_EQ(stars(line("eth0", "except 10.0.0.1 nolearn to eth1")), "none");
    EXPECT_EQ(stars(line("eth0", "source 10.0.0.0/8 nolearn to eth1")), "none");
    EXPECT_EQ(stars(line("eth0", "nolearn to eth0 eth1")), "none");
    EXPECT_EQ(stars("mroute from eth0 group 225.1.2.0/24 nolearn to eth1\n"), "none");
    const std::string other = "another rule for the group learns";
    EXPECT_EQ(stars(rule + line("eth2", "to eth3")), other);
    EXPECT_EQ(stars(rule + line("eth2", "source 10.0.0.1/31 to eth3")), other);
    EXPECT_EQ(stars(rule + line("eth9", "to eth3")), other);
    EXPECT_EQ(stars(rule + "mroute from eth2 group 224.0.0.0/4 nolearn to eth3\n"), other);
    EXPECT_EQ(stars(rule + "mroute from eth2 group 225.1.3.0/24 to eth3\n"), "0>1");
    const std::string circle = "the rules for the group lead in a circle";
    EXPECT_EQ(stars(rule + line("eth1", "nolearn to eth0")), circle);
    EXPECT_EQ(stars(rule + line("eth1", "nolearn to eth2") + line("eth2", "nolearn to eth0")),
              circle);
    EXPECT_EQ(stars(line("eth+", "nolearn to eth+")), circle);
}

}  // namespace smcroute
