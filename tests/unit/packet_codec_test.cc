// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/packet_codec.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "base/text.h"
#include "hex.h"
#include "test.h"

namespace smcroute::test {

namespace {

// Captured: UDP from 10.0.0.2 to 225.1.2.3 with TTL 16 and DF, and from fd00::2 to ff0e::1:2:3.
constexpr std::string_view kUdp4 =
    "4500005c12344000100100000a000002e1010203"
    "aabbccdd";
constexpr std::string_view kUdp6 =
    "6000000000481110fd000000000000000000000000000002ff0e0000000000000000000100020003aabbccdd";

// "(10.0.0.2, 225.1.2.3) ttl 16 size 92 …"
std::string told(const std::vector<std::byte>& bytes) {
    const auto packet = decode_packet(bytes);
    return !packet ? "nothing"
                   : compose("{} ttl {} size {}{}{}{}", to_string(packet->flow), packet->ttl,
                             packet->size, packet->may_fragment ? " may" : "",
                             packet->is_fragment ? " fragment" : "",
                             packet->is_damaged ? " damaged" : "");
}

// With a checksum that is right.
std::vector<std::byte> repaired(std::vector<std::byte> bytes) {
    bytes[10] = bytes[11] = std::byte{0};
    uint32_t sum = 0;
    for (size_t i = 0; i < 20; i += 2) {
        sum += static_cast<uint32_t>(bytes[i]) << 8 | static_cast<uint32_t>(bytes[i + 1]);
    }
    sum = ~((sum & 0xffff) + (sum >> 16));
    bytes[10] = static_cast<std::byte>(sum >> 8);
    bytes[11] = static_cast<std::byte>(sum);
    return bytes;
}

std::vector<std::byte> with(std::vector<std::byte> bytes, size_t at, uint8_t value) {
    bytes[at] = std::byte{value};
    return bytes;
}

}  // namespace

TEST(packet_codec_reads_the_headers_of_both_families) {
    const auto udp4 = repaired(bytes_of(kUdp4));
    EXPECT_EQ(told(udp4), "(10.0.0.2, 225.1.2.3) ttl 16 size 92");
    EXPECT_EQ(told(repaired(with(udp4, 6, 0))), "(10.0.0.2, 225.1.2.3) ttl 16 size 92 may");
    EXPECT_EQ(told(repaired(with(udp4, 6, 0x20))),
              "(10.0.0.2, 225.1.2.3) ttl 16 size 92 may fragment");
    EXPECT_EQ(told(with(udp4, 11, 0xff)), "(10.0.0.2, 225.1.2.3) ttl 16 size 92 damaged");
    EXPECT_EQ(told(bytes_of(kUdp6)), "(fd00::2, ff0e::1:2:3) ttl 16 size 112");
    EXPECT_EQ(told(with(bytes_of(kUdp6), 6, 44)),
              "(fd00::2, ff0e::1:2:3) ttl 16 size 112 fragment");
}

TEST(packet_codec_takes_nothing_else) {
    const auto udp4 = repaired(bytes_of(kUdp4));
    EXPECT_EQ(told({}), "nothing");
    EXPECT_EQ(told(with(udp4, 0, 0x55)), "nothing");
    EXPECT_EQ(told(with(udp4, 0, 0x44)), "nothing");
    EXPECT_EQ(told(with(udp4, 0, 0x4f)), "nothing");
    EXPECT_EQ(told(with(udp4, 16, 10)), "nothing");
    EXPECT_EQ(told({udp4.begin(), udp4.begin() + 19}), "nothing");
    const auto udp6 = bytes_of(kUdp6);
    EXPECT_EQ(told({udp6.begin(), udp6.begin() + 39}), "nothing");
    EXPECT_EQ(told(with(udp6, 24, 0xfd)), "nothing");
}

TEST(packet_codec_gives_a_packet_one_digest_before_and_after_a_router) {
    const auto digest = [](const std::vector<std::byte>& bytes) {
        return decode_packet(bytes)->digest;
    };
    for (const bool is_v6 : {false, true}) {
        const auto udp = bytes_of(is_v6 ? kUdp6 : kUdp4);
        const auto routed = with(udp, is_v6 ? 7 : 8, 15);
        EXPECT_EQ(digest(is_v6 ? routed : repaired(routed)), digest(udp));
        EXPECT(digest(with(udp, udp.size() - 1, 1)) != digest(udp));
    }
}

}  // namespace smcroute::test
