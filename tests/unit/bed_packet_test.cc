// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include <cstdint>

#include "../net/packet.h"
#include "test.h"

// One payload in 65,536 has the sum 0. A receiver of IPv6 drops a packet that says so, and a test
// that counts packets would miss it once in a while.
TEST(every_packet_of_the_test_bed_has_a_checksum) {
    for (const char* const group : {"225.1.2.3", "ff05::1:2:3"}) {
        const Packet packet{*parse_address(group), *parse_address(group), 1, {}, {}};
        const size_t udp_at = packet.group.family == AF_INET ? sizeof(iphdr) : sizeof(ip6_hdr);
        unsigned all_ones = 0;
        for (unsigned i = 0; i <= UINT16_MAX; ++i) {
            const Bytes payload{static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)};
            const Bytes bytes = whole_packet(packet, payload, 12345);
            const size_t at = udp_at + offsetof(udphdr, check);
            EXPECT(bytes[at] != 0 || bytes[at + 1] != 0);
            all_ones += bytes[at] == 0xff && bytes[at + 1] == 0xff ? 1U : 0U;
        }
        EXPECT_EQ(all_ones, 1U);
    }
}
