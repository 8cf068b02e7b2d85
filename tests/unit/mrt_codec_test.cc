// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/mrt_codec.h"

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "base/text.h"
#include "hex.h"
#include "test.h"

namespace smcroute {

namespace {

using Bytes = std::vector<std::byte>;

// Captured from a raw IGMP socket: eth1 is VIF 1 and got the stream first, then it came in by VIF
// 0.
constexpr std::string_view kNoCache4 = "4500001c00000000010001000a090909e10102030100000000000000";
constexpr std::string_view kWrongVif4 = "4500001c00000000020000000a090909e10102030200000000000000";
// An IGMPv2 report on the same socket.
constexpr std::string_view kReport4 = "45c0001c000000000102bcfe0a090909e1080808160000efe1080808";

// The same from a raw ICMPv6 socket; the second half is whatever was in the kernel's memory.
constexpr std::string_view kNoCache6 =
    "000101000000000020010db8000000000000000000000009ff0e0000000000000000000000000123"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000";
constexpr std::string_view kWrongMif6 =
    "000200000000000020010db8000000000000000000000009ff0e0000000000000000000000000123"
    "ffffffff1482030014820300ffffffff1482030014820300fe800000000000004436cefffea43f11";
constexpr std::string_view kReport6 = "8f00c28f0000000104000000ff0200000000000000000001ff6cac8e";

constexpr size_t kTypeByte4 = 8;
constexpr size_t kMbzByte4 = 9;
constexpr size_t kSlotByte4 = 10;
constexpr size_t kUpperSlotByte4 = 11;
constexpr size_t kSourceByte4 = 12;
constexpr size_t kGroupByte4 = 16;
constexpr size_t kMbzByte6 = 0;
constexpr size_t kTypeByte6 = 1;
constexpr size_t kSourceByte6 = 8;
constexpr size_t kGroupByte6 = 24;

Address address(std::string_view text) { return *Address::parse(text); }

std::string text(const std::optional<Upcall>& upcall) {
    if (!upcall) {
        return "nothing";
    }
    return compose("{} {} {}", upcall->kind == Upcall::Kind::kNoCache ? "no cache" : "wrong vif",
                   upcall->slot, to_string(upcall->flow));
}

std::string upcall4(const Bytes& bytes) { return text(decode_upcall4(bytes)); }

std::string upcall6(const Bytes& bytes) { return text(decode_upcall6(bytes)); }

Bytes with(Bytes bytes, size_t at, uint8_t value) {
    bytes[at] = std::byte{value};
    return bytes;
}

Bytes with_address(Bytes bytes, size_t at, const Address& value) {
    if (value.family() == Family::kIpv4) {
        const auto ipv4 = value.ipv4();
        memcpy(bytes.data() + at, ipv4.data(), ipv4.size());
    } else {
        memcpy(bytes.data() + at, value.ipv6().data(), value.ipv6().size());
    }
    return bytes;
}

template <typename T>
Bytes raw(const T& value) {
    Bytes bytes(sizeof value);
    memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

}  // namespace

using test::bytes_of;

TEST(upcall4_decodes_what_the_kernel_sent) {
    EXPECT_EQ(upcall4(bytes_of(kNoCache4)), "no cache 1 (10.9.9.9, 225.1.2.3)");
    EXPECT_EQ(upcall4(bytes_of(kWrongVif4)), "wrong vif 0 (10.9.9.9, 225.1.2.3)");
}

TEST(upcall6_decodes_what_the_kernel_sent) {
    if (!test::kCapturesReadable) {
        return;
    }
    EXPECT_EQ(upcall6(bytes_of(kNoCache6)), "no cache 1 (2001:db8::9, ff0e::123)");
    EXPECT_EQ(upcall6(bytes_of(kWrongMif6)), "wrong vif 0 (2001:db8::9, ff0e::123)");
}

TEST(upcall_is_told_from_group_management_packets) {
    EXPECT_EQ(upcall4(bytes_of(kReport4)), "nothing");
    EXPECT_EQ(upcall4(with(bytes_of(kNoCache4), kMbzByte4, 2)), "nothing");
    EXPECT_EQ(upcall6(bytes_of(kReport6)), "nothing");
    EXPECT_EQ(upcall6(with(bytes_of(kNoCache6), kMbzByte6, 143)), "nothing");
}

TEST(upcall_of_another_kind_is_dropped) {
    for (const uint8_t kind : std::array<uint8_t, 4>{0, 3, 4, 255}) {
        EXPECT_EQ(upcall4(with(bytes_of(kNoCache4), kTypeByte4, kind)), "nothing");
        EXPECT_EQ(upcall6(with(bytes_of(kNoCache6), kTypeByte6, kind)), "nothing");
    }
}

TEST(upcall_of_a_slot_out_of_range_is_dropped) {
    EXPECT_EQ(upcall4(with(bytes_of(kNoCache4), kSlotByte4, 31)),
              "no cache 31 (10.9.9.9, 225.1.2.3)");
    EXPECT_EQ(upcall4(with(bytes_of(kNoCache4), kSlotByte4, 32)), "nothing");
    EXPECT_EQ(upcall4(with(bytes_of(kNoCache4), kUpperSlotByte4, 1)), "nothing");
    mrt6msg message{};
    memcpy(&message, bytes_of(kNoCache6).data(), sizeof message);
    message.im6_mif = 31;
    EXPECT_EQ(upcall6(raw(message)), "no cache 31 (2001:db8::9, ff0e::123)");
    for (const uint16_t slot : std::array<uint16_t, 3>{32, 256, 65535}) {
        message.im6_mif = slot;
        EXPECT_EQ(upcall6(raw(message)), "nothing");
    }
}

// An entry for it would be one for every source.
TEST(upcall_with_an_unspecified_source_is_dropped) {
    EXPECT_EQ(upcall4(with_address(bytes_of(kNoCache4), kSourceByte4, address("0.0.0.0"))),
              "nothing");
    EXPECT_EQ(upcall6(with_address(bytes_of(kNoCache6), kSourceByte6, address("::"))), "nothing");
}

TEST(upcall_with_impossible_addresses_is_dropped) {
    EXPECT_EQ(upcall4(with_address(bytes_of(kNoCache4), kSourceByte4, address("225.1.1.1"))),
              "nothing");
    EXPECT_EQ(upcall4(with_address(bytes_of(kNoCache4), kGroupByte4, address("10.1.1.1"))),
              "nothing");
    EXPECT_EQ(upcall6(with_address(bytes_of(kNoCache6), kSourceByte6, address("ff02::1"))),
              "nothing");
    EXPECT_EQ(upcall6(with_address(bytes_of(kNoCache6), kGroupByte6, address("2001:db8::1"))),
              "nothing");
    // ::ffff:10.1.1.1
    Bytes mapped = with_address(bytes_of(kNoCache6), kSourceByte6, address("::10.1.1.1"));
    mapped[kSourceByte6 + 10] = mapped[kSourceByte6 + 11] = std::byte{0xff};
    EXPECT_EQ(upcall6(mapped), "nothing");
}

TEST(upcall_that_is_too_short_is_dropped) {
    const Bytes whole4 = bytes_of(kNoCache4);
    for (size_t size = 0; size < sizeof(igmpmsg); ++size) {
        EXPECT_EQ(text(decode_upcall4(std::span(whole4).first(size))), "nothing");
    }
    const Bytes whole6 = bytes_of(kNoCache6);
    for (size_t size = 0; size < sizeof(mrt6msg); ++size) {
        EXPECT_EQ(text(decode_upcall6(std::span(whole6).first(size))), "nothing");
    }
}

TEST(vif_is_added_by_ifindex) {
    const vifctl vif = encode_vif4(3, 70000);
    EXPECT_EQ(vif.vifc_vifi, 3);
    EXPECT_EQ(int{vif.vifc_flags}, VIFF_USE_IFINDEX);
    EXPECT_EQ(vif.vifc_lcl_ifindex, 70000);
    mif6ctl mif;
    encode_vif6(31, 65535, mif);
    EXPECT_EQ(mif.mif6c_mifi, 31);
    EXPECT_EQ(int{mif.mif6c_flags}, 0);
    EXPECT_EQ(mif.mif6c_pifi, 65535);
}

TEST(entry4_carries_addresses_iif_and_thresholds) {
    PutEntry entry{{address("225.1.2.3"), address("10.9.9.9")}, 31, {}};
    entry.ttls[0] = 1;
    entry.ttls[30] = 254;
    const mfcctl mfc = encode_entry4(entry);
    EXPECT(raw(mfc.mfcc_origin) == bytes_of("0a090909"));
    EXPECT(raw(mfc.mfcc_mcastgrp) == bytes_of("e1010203"));
    EXPECT_EQ(mfc.mfcc_parent, 31);
    EXPECT(raw(mfc.mfcc_ttls) == raw(entry.ttls));
}

TEST(entry6_carries_addresses_iif_and_outbounds) {
    PutEntry entry{{address("ff0e::123"), address("2001:db8::9")}, 2, {}};
    entry.ttls[0] = 1;
    entry.ttls[31] = 1;
    const mf6cctl mfc = encode_entry6(entry);
    EXPECT_EQ(mfc.mf6cc_origin.sin6_family, AF_INET6);
    EXPECT(raw(mfc.mf6cc_origin.sin6_addr) == bytes_of("20010db8000000000000000000000009"));
    EXPECT_EQ(mfc.mf6cc_mcastgrp.sin6_family, AF_INET6);
    EXPECT(raw(mfc.mf6cc_mcastgrp.sin6_addr) == bytes_of("ff0e0000000000000000000000000123"));
    EXPECT_EQ(mfc.mf6cc_parent, 2);
    EXPECT_EQ(mfc.mf6cc_ifset.ifs_bits[0], 0x80000001U);
    EXPECT_EQ(mfc.mf6cc_ifset.ifs_bits[1], 0U);
}

TEST(entry_of_a_source_leaves_its_iif_out) {
    const PutEntry entry4{{address("225.1.2.3"), address("10.9.9.9")}, 4, {}};
    EXPECT_EQ(int{encode_entry4(entry4).mfcc_ttls[4]}, 0);
    const PutEntry entry6{{address("ff0e::123"), address("2001:db8::9")}, 4, {}};
    EXPECT_EQ(encode_entry6(entry6).mf6cc_ifset.ifs_bits[0], 0U);
}

TEST(entry_of_any_source_has_its_iif_among_its_outbounds) {
    const PutEntry entry4{{address("225.1.2.3"), address("0.0.0.0")}, 4, {}};
    EXPECT_EQ(int{encode_entry4(entry4).mfcc_ttls[4]}, 1);
    const PutEntry entry6{{address("ff0e::123"), address("::")}, 4, {}};
    EXPECT_EQ(encode_entry6(entry6).mf6cc_ifset.ifs_bits[0], 0x10U);
}

TEST(counters_are_asked_for_by_source_and_group) {
    const sioc_sg_req request4 = encode_counters4({address("225.1.2.3"), address("10.9.9.9")});
    EXPECT(raw(request4.src) == bytes_of("0a090909"));
    EXPECT(raw(request4.grp) == bytes_of("e1010203"));
    const sioc_sg_req6 request6 = encode_counters6({address("ff0e::123"), address("2001:db8::9")});
    EXPECT(raw(request6.src.sin6_addr) == bytes_of("20010db8000000000000000000000009"));
    EXPECT(raw(request6.grp.sin6_addr) == bytes_of("ff0e0000000000000000000000000123"));
}

}  // namespace smcroute
