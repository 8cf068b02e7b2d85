// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/traffic.h"

#include "test.h"

namespace smcroute::test {

namespace {

const Flow kFlow{*Address::parse("225.1.2.3"), *Address::parse("10.0.0.2")};

Sighting sighting(unsigned ifindex, uint8_t ttl, uint64_t digest) {
    return {.packet = {.flow = kFlow, .ttl = ttl, .size = 100, .digest = digest},
            .ifindex = ifindex};
}

Sighting leaving(unsigned ifindex, uint8_t ttl, uint64_t digest) {
    Sighting seen = sighting(ifindex, ttl, digest);
    seen.goes_out = true;
    return seen;
}

}  // namespace

TEST(traffic_sums_up_by_stream_interface_and_vlan) {
    Traffic traffic;
    traffic.add(sighting(3, 16, 1));
    traffic.add(sighting(3, 9, 2));
    Sighting tagged = sighting(3, 16, 3);
    tagged.vlan = 7;
    tagged.packet.size = 1400;
    tagged.packet.is_damaged = true;
    traffic.add(tagged);
    traffic.add(leaving(4, 15, 1));
    const Traffic::Stream& stream = *traffic.find(kFlow);
    REQUIRE(stream.size() == 3);
    EXPECT_EQ(stream[0].packets, 2U);
    EXPECT_EQ(stream[0].bytes, 200U);
    EXPECT_EQ(stream[0].ttl_min, 9);
    EXPECT_EQ(stream[0].ttl_max, 16);
    EXPECT_EQ(stream[1].vlan, 7);
    EXPECT_EQ(stream[1].largest, 1400U);
    EXPECT_EQ(stream[1].damaged, 1U);
    EXPECT(comes_in(stream));
    EXPECT_EQ(find_leaving(stream, 4)->packets, 1U);
    EXPECT(find_leaving(stream, 3) == nullptr);
}

TEST(traffic_leaves_out_ports_and_what_comes_in_too_late) {
    Traffic traffic;
    traffic.leave_out(5);
    traffic.add(sighting(5, 16, 1));
    traffic.add(leaving(5, 16, 1));
    traffic.add(sighting(3, 16, 2), true);
    EXPECT(traffic.streams().empty());
    traffic.add(leaving(4, 15, 2), true);
    EXPECT_EQ(find_leaving(*traffic.find(kFlow), 4)->packets, 1U);
    EXPECT(!comes_in(*traffic.find(kFlow)));
}

TEST(traffic_knows_packets_that_come_in_again_by_their_lower_ttl) {
    Traffic traffic;
    traffic.add(sighting(3, 16, 1));
    traffic.add(sighting(3, 16, 1));
    traffic.add(sighting(4, 16, 1));
    traffic.add(sighting(3, 15, 1));
    traffic.add(sighting(4, 14, 1));
    traffic.add(sighting(4, 14, 2));
    const Traffic::Stream& stream = *traffic.find(kFlow);
    REQUIRE(stream.size() == 2);
    EXPECT_EQ(stream[0].packets, 2U);
    EXPECT_EQ(stream[0].again, 1U);
    EXPECT_EQ(stream[1].packets, 2U);
    EXPECT_EQ(stream[1].again, 1U);
}

}  // namespace smcroute::test
