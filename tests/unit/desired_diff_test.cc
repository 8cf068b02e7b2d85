// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/desired_diff.h"

#include "house.h"
#include "random_config.h"
#include "test.h"

namespace smcroute {

namespace {

std::vector<std::string> diff_of(const std::string& from, const std::string& to) {
    FakeFiles files;
    files.files["from"] = from;
    files.files["to"] = to;
    return diff(read_config("from", files).desired, read_config("to", files).desired);
}

}  // namespace

TEST(diff_of_equal_configurations_is_empty_whatever_the_order_of_lines) {
    EXPECT_EQ(diff_of("mroute from eth0 group 225.1.2.3 to eth1 eth2\nmgroup from eth0 group "
                      "225.1.2.3\n",
                      "mgroup from eth0 group 225.1.2.3\nmroute from eth0 group 225.1.2.3 to "
                      "eth2\nmroute from eth0 group 225.1.2.3 to eth1\n"),
              Lines{});
}

TEST(diff_shows_what_goes_and_what_comes_in_configuration_syntax) {
    EXPECT_EQ(diff_of("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n"
                      "mroute from eth0 group 225.9.0.0/16 to eth1\n"
                      "phyint eth1 ttl-threshold 5\n",
                      "mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth2\n"
                      "mroute from eth0 source 10.0.0.0/8 except 10.1.0.0/16 group 225.9.0.0/16 to "
                      "eth1\n"
                      "mgroup from eth0 source 1.2.3.4 group 232.1.1.1\n"),
              (Lines{"+ mgroup from eth0 source 1.2.3.4 group 232.1.1.1",
                     "- mroute from eth0 group 225.9.0.0/16 to eth1",
                     "- mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1",
                     "+ mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth2",
                     "+ mroute from eth0 source 10.0.0.0/8 except 10.1.0.0/16 group 225.9.0.0/16 "
                     "to eth1",
                     "- phyint eth1 ttl-threshold 5"}));
}

TEST(diff_to_a_route_from_another_inbound_shows_both) {
    EXPECT_EQ(diff_of("mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1\n",
                      "mroute from eth2 source 1.2.3.4 group 225.1.2.3 to eth1\n"),
              (Lines{"- mroute from eth0 source 1.2.3.4 group 225.1.2.3 to eth1",
                     "+ mroute from eth2 source 1.2.3.4 group 225.1.2.3 to eth1"}));
}

// Also: the reloaded daemon has in the kernel what a fresh one would put there.
TEST(after_a_reload_the_diff_is_empty_for_fifty_generated_pairs) {
    RandomConfig random(20151029);
    size_t differing = 0;
    for (int i = 0; i < 50; ++i) {
        const std::string before = random.next();
        const std::string after = random.next();
        House house(before);
        house.start();
        house.files.files["smcroute.conf"] = after;
        const Reply first = house.run({"--diff"});
        EXPECT_EQ(first.status, ExitStatus::kOk);
        differing += first.out.empty() ? 0U : 1U;
        EXPECT_EQ(house.reload(after).reason, "");
        EXPECT_EQ(house.run({"--diff"}).out, "");
        EXPECT_EQ(house.difference(), "");
        House fresh(after);
        fresh.start();
        for (const auto& [flow, entry] : fresh.daemon.state().installed.entries()) {
            EXPECT(house.daemon.state().installed.find(flow) != nullptr);
        }
    }
    EXPECT(differing > 40);
}

}  // namespace smcroute
