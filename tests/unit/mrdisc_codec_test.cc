// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mrdisc/mrdisc_codec.h"

#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "hex.h"
#include "test.h"

namespace smcroute {

namespace {

using Bytes = std::vector<std::byte>;
using Type = MrdiscMessage::Type;
using test::bytes_of;

// With the Router Alert option, from 10.0.1.1; the last is from 10.0.1.2.
constexpr std::string_view kAdvertisement4 =
    "46000020884240000102712a0a000101e000006a94040000"
    "3014cf6c007d0002";
constexpr std::string_view kTermination4 =
    "4600001c884240000102712e0a000101e000006a94040000"
    "3200cdff";
constexpr std::string_view kSolicitation4 =
    "4600001c88424000010271950a000102e000000294040000"
    "3100ceff";
// Without the option.
constexpr std::string_view kPlainSolicitation4 = "45000018884240000102069e0a000102e00000023100ceff";

constexpr size_t kIhlByte = 0;
constexpr size_t kLengthByte = 3;
constexpr size_t kTtlByte = 8;
constexpr size_t kProtocolByte = 9;
constexpr size_t kGroupByte = 16;
constexpr size_t kPayload = 24;

Address address(std::string_view text) { return *Address::parse(text); }

std::string text(const std::optional<MrdiscMessage>& message) {
    if (!message) {
        return "nothing";
    }
    switch (message->type) {
        case Type::kSolicitation:
            return "solicitation";
        case Type::kTermination:
            return "termination";
        case Type::kAdvertisement:
            break;
    }
    return compose("advertisement {} {} {}", message->interval_s, message->query_interval_s,
                   message->robustness);
}

std::string decoded4(const Bytes& bytes) { return text(decode_mrdisc4(bytes)); }

std::string decoded4_with(std::string_view hex, size_t at, int value) {
    Bytes bytes = bytes_of(hex);
    bytes[at] = static_cast<std::byte>(value);
    return decoded4(bytes);
}

std::string decoded6(std::string_view hex, std::string_view destination = "ff02::6a",
                     int hop_limit = 1) {
    return text(decode_mrdisc6(bytes_of(hex), address(destination), hop_limit));
}

std::string hex_of(const Bytes& bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (const std::byte byte : bytes) {
        hex += kDigits[std::to_integer<size_t>(byte >> 4)];
        hex += kDigits[std::to_integer<size_t>(byte & std::byte{15})];
    }
    return hex;
}

std::string encoded(Family family, const MrdiscMessage& message) {
    return hex_of(encode_mrdisc(family, message));
}

constexpr MrdiscMessage kEvery20s = {.type = Type::kAdvertisement, .interval_s = 20};
constexpr MrdiscMessage kOfQuerier = {
    .type = Type::kAdvertisement, .interval_s = 20, .query_interval_s = 125, .robustness = 2};

}  // namespace

TEST(mrdisc_over_ipv4_is_igmp_with_its_checksum) {
    EXPECT_EQ(encoded(Family::kIpv4, kEvery20s), "3014cfeb00000000");
    EXPECT_EQ(encoded(Family::kIpv4, kOfQuerier), "3014cf6c007d0002");
    EXPECT_EQ(encoded(Family::kIpv4, {.type = Type::kSolicitation}), "3100ceff");
    EXPECT_EQ(encoded(Family::kIpv4, {.type = Type::kTermination}), "3200cdff");
}

TEST(mrdisc_over_ipv6_is_icmpv6_whose_checksum_the_kernel_adds) {
    EXPECT_EQ(encoded(Family::kIpv6, kEvery20s), "9714000000000000");
    EXPECT_EQ(encoded(Family::kIpv6, kOfQuerier), "97140000007d0002");
    EXPECT_EQ(encoded(Family::kIpv6, {.type = Type::kSolicitation}), "98000000");
    EXPECT_EQ(encoded(Family::kIpv6, {.type = Type::kTermination}), "99000000");
}

TEST(mrdisc_reserved_byte_of_other_messages_is_zero) {
    const MrdiscMessage odd = {.type = Type::kTermination, .interval_s = 20, .robustness = 2};
    EXPECT_EQ(encoded(Family::kIpv6, odd), "99000000");
}

TEST(mrdisc_solicitations_go_to_routers_and_the_rest_to_snoopers) {
    EXPECT_EQ(mrdisc_group(Family::kIpv4, Type::kAdvertisement), address("224.0.0.106"));
    EXPECT_EQ(mrdisc_group(Family::kIpv4, Type::kTermination), address("224.0.0.106"));
    EXPECT_EQ(mrdisc_group(Family::kIpv4, Type::kSolicitation), address("224.0.0.2"));
    EXPECT_EQ(mrdisc_group(Family::kIpv6, Type::kAdvertisement), address("ff02::6a"));
    EXPECT_EQ(mrdisc_group(Family::kIpv6, Type::kTermination), address("ff02::6a"));
    EXPECT_EQ(mrdisc_group(Family::kIpv6, Type::kSolicitation), address("ff02::2"));
}

TEST(mrdisc_packets_with_an_ip_header_are_read) {
    EXPECT_EQ(decoded4(bytes_of(kAdvertisement4)), "advertisement 20 125 2");
    EXPECT_EQ(decoded4(bytes_of(kTermination4)), "termination");
    EXPECT_EQ(decoded4(bytes_of(kSolicitation4)), "solicitation");
}

TEST(mrdisc_router_alert_is_not_required_of_others) {
    EXPECT_EQ(decoded4(bytes_of(kPlainSolicitation4)), "solicitation");
}

TEST(mrdisc_bytes_behind_the_ip_packet_do_not_count) {
    Bytes padded = bytes_of(kSolicitation4);
    padded.resize(46, std::byte{0xff});
    EXPECT_EQ(decoded4(padded), "solicitation");
}

TEST(mrdisc_packets_cut_off_anywhere_are_nothing) {
    for (const std::string_view hex : {kAdvertisement4, kTermination4, kSolicitation4}) {
        Bytes bytes = bytes_of(hex);
        while (!bytes.empty()) {
            bytes.pop_back();
            EXPECT_EQ(decoded4(bytes), "nothing");
        }
    }
}

TEST(mrdisc_ipv4_ttl_must_be_1) {
    EXPECT_EQ(decoded4_with(kSolicitation4, kTtlByte, 2), "nothing");
    EXPECT_EQ(decoded4_with(kSolicitation4, kTtlByte, 0), "nothing");
    EXPECT_EQ(decoded4_with(kSolicitation4, kTtlByte, 255), "nothing");
}

TEST(mrdisc_ipv4_checksum_must_be_right) {
    EXPECT_EQ(decoded4_with(kSolicitation4, kPayload + 3, 0xfe), "nothing");
    EXPECT_EQ(decoded4_with(kAdvertisement4, kPayload + 1, 21), "nothing");
    EXPECT_EQ(decoded4_with(kAdvertisement4, kPayload + 7, 3), "nothing");
}

TEST(mrdisc_ipv4_header_must_make_sense) {
    EXPECT_EQ(decoded4_with(kSolicitation4, kIhlByte, 0x66), "nothing");
    EXPECT_EQ(decoded4_with(kSolicitation4, kIhlByte, 0x44), "nothing");
    EXPECT_EQ(decoded4_with(kSolicitation4, kIhlByte, 0x4f), "nothing");
    EXPECT_EQ(decoded4_with(kSolicitation4, kProtocolByte, 17), "nothing");
    EXPECT_EQ(decoded4_with(kSolicitation4, kLengthByte, 19), "nothing");
    EXPECT_EQ(decoded4_with(kSolicitation4, kLengthByte, 24), "nothing");
    EXPECT_EQ(decoded4_with(kSolicitation4, kLengthByte, 29), "nothing");
}

TEST(mrdisc_messages_to_another_group_are_nothing) {
    EXPECT_EQ(decoded4_with(kSolicitation4, kGroupByte + 3, 106), "nothing");
    EXPECT_EQ(decoded4_with(kSolicitation4, kGroupByte, 10), "nothing");
    EXPECT_EQ(decoded4_with(kAdvertisement4, kGroupByte + 3, 2), "nothing");
    EXPECT_EQ(decoded6("98000000", "ff02::6a"), "nothing");
    EXPECT_EQ(decoded6("98000000", "fe80::1"), "nothing");
    EXPECT_EQ(decoded6("9714000000000000", "ff02::2"), "nothing");
}

TEST(mrdisc_other_igmp_and_icmpv6_messages_are_nothing) {
    // An IGMPv2 leave, which goes to all routers too.
    EXPECT_EQ(decoded4(bytes_of("4600002088424000010271910a000102e000000294040000"
                                "170005fbe1010203")),
              "nothing");
    EXPECT_EQ(decoded4_with(kSolicitation4, kPayload, 0x33), "nothing");
    EXPECT_EQ(decoded6("8500000000000000", "ff02::2"), "nothing");
    EXPECT_EQ(decoded6("9600000000000000"), "nothing");
    EXPECT_EQ(decoded6("9a00000000000000"), "nothing");
}

TEST(mrdisc_messages_over_ipv6_are_read) {
    EXPECT_EQ(decoded6("9714abcd007d0002"), "advertisement 20 125 2");
    EXPECT_EQ(decoded6("98001234", "ff02::2"), "solicitation");
    EXPECT_EQ(decoded6("99001234"), "termination");
}

TEST(mrdisc_hop_limit_must_be_1) {
    for (const int hop_limit : {-1, 0, 2, 64, 255}) {
        EXPECT_EQ(decoded6("98001234", "ff02::2", hop_limit), "nothing");
    }
}

TEST(mrdisc_messages_over_ipv6_cut_off_are_nothing) {
    EXPECT_EQ(decoded6(""), "nothing");
    EXPECT_EQ(decoded6("980012", "ff02::2"), "nothing");
    EXPECT_EQ(decoded6("9714abcd007d00"), "nothing");
}

TEST(mrdisc_bytes_of_a_later_version_are_passed_over) {
    EXPECT_EQ(decoded6("9714abcd007d000201020304"), "advertisement 20 125 2");
    EXPECT_EQ(decoded6("980012340506", "ff02::2"), "solicitation");
}

}  // namespace smcroute
