// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/entry_codec.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <linux/netlink.h>

#include "base/text.h"
#include "hex.h"
#include "test.h"

namespace smcroute::test {

namespace {

using Lines = std::vector<std::string>;

// Captured: IPv4, default table, VIFs 0 of ifindex 1 and 3 of ifindex 3. An entry with both as
// outbounds, one without any, an any-source one whose inbound is among its outbounds, one whose
// inbound and another outbound have no VIF, and one that waits for an answer.
constexpr std::string_view kDump4 =
    "780000001800220000000000eb05000080202000fd1100050000000008000f00fd000000080002000a0909090800"
    "0100e1010203080003000100000014000900080000010100000008000007030000001c0011000000000000000000"
    "000000000000000000000000000000000c0017000000000000000000680000001800220000000000eb0500008020"
    "2000fd1100050000000008000f00fd000000080002000a09090908000100e1010204080003000300000004000900"
    "1c0011000000000000000000000000000000000000000000000000000c0017000000000000000000780000001800"
    "220000000000eb05000080202000fd1100050000000008000f00fd000000080002000000000008000100e1010205"
    "080003000300000014000900080000010100000008000001030000001c0011000000000000000000000000000000"
    "000000000000000000000c0017000000000000000000680000001800220000000000eb05000080202000fd110005"
    "0000000008000f00fd000000080002000a09090908000100e10102060c00090008000002030000001c0011000000"
    "000000000000000000000000000000000000000000000c0017000000000000000000340000001800220000000000"
    "eb05000080202000fd1100052000000008000f00fd000000080002000a00000108000100e1090909";

// Captured: IPv4, table 1000.
constexpr std::string_view kTable1000 =
    "700000001800220000000000eb05000080202000e81100050000000008000f00e8030000080002000a0909090800"
    "0100e101020308000300010000000c00090008000004010000001c00110000000000000000000000000000000000"
    "00000000000000000c0017000000000000000000";

// Captured: IPv6, default table, MIFs 1 of ifindex 1 and 2 of ifindex 3. The second entry's inbound
// has no MIF.
constexpr std::string_view kDump6 =
    "880000001800220000000000eb05000081808000fe1100050000000008000f00fe0000001400020020010db80000"
    "0000000000000000000914000100ff0e000000000000000000000000012308000300030000000c00090008000001"
    "010000001c0011000000000000000000000000000000000000000000000000000c00170000000000000000008800"
    "00001800220000000000eb05000081808000fe1100050000000008000f00fe0000001400020020010db800000000"
    "000000000000000914000100ff0e0000000000000000000000000124140009000800000101000000080000010300"
    "00001c0011000000000000000000000000000000000000000000000000000c0017000000000000000000";

// Captured: the end of a dump, and that of one of a table that is not there.
constexpr std::string_view kDone = "140000000300220000000000eb05000000000000";
constexpr std::string_view kNoTable = "140000000300220000000000eb050000feffffff";

// Captured: the unicast routes to 10.0.0.2 by ifindex 3, to 192.168.7.7 and 2001:db8::7 by 3 and 5,
// to 10.0.0.1, which is the machine itself, to 10.9.9.9, which is unreachable.
constexpr std::string_view kRoute =
    "3c0000001800000007000000330b000002180000fe02fd010000000008000f00fe000000080001000a0000000800"
    "07000a0000010800040003000000";
constexpr std::string_view kTwoHops4 =
    "500000001800000007000000330b000002180000fe0300010000000008000f00fe00000008000100c0a807002400"
    "09001000000003000000080005000a0000021000000005000000080005000a000102";
constexpr std::string_view kTwoHops6 =
    "a80000001800000007000000330b00000a400000fe0300010000000008000f00fe0000001400010020010db80000"
    "0000000000000000000008000600000400003c0009001c0000000500000014000500fd0000010000000000000000"
    "000000021c0000000300000014000500fd00000000000000000000000000000224000c0000000000000000000000"
    "000000000000000000000000000000000000000000000500140000000000";
constexpr std::string_view kRouteHome =
    "3c0000001800000007000000330b000002200000fe02fe020000000008000f00fe000000080001000a0000010800"
    "07000a0000010800040003000000";
constexpr std::string_view kUnreachable =
    "380000000200000007000000330b00008fffffff240000001a000100070000000000000002200000000000000020"
    "0000080001000a090909";

using Hops = std::vector<unsigned>;

Hops next_hops(std::string_view hex) {
    const auto answer = decode_route_answer(bytes_of(hex), Family::kIpv4);
    return answer && answer->sequence == 7 ? answer->next_hops : Hops{0};
}

// "(10.9.9.9, 225.1.2.3) 1 > 1:1 3:7 idle 0", ifindexes and thresholds.
std::string line_of(const FoundEntry& entry) {
    std::string text =
        compose("{} {} >", to_string(entry.flow), entry.iif ? std::to_string(*entry.iif) : "?");
    for (const auto& [ifindex, ttl] : entry.outbounds) {
        text += compose(" {}:{}", ifindex, ttl);
    }
    return text + (entry.idle ? compose(" idle {}", entry.idle->count()) : "");
}

Lines decode(std::span<const std::byte> bytes, Family family,
             std::optional<uint32_t> table = std::nullopt) {
    std::vector<FoundEntry> entries;
    const NetlinkReport report = decode_entries(bytes, family, table, entries);
    Lines lines;
    for (const FoundEntry& entry : entries) {
        lines.push_back(line_of(entry));
    }
    if (report.done || report.incomplete || report.error != 0) {
        lines.push_back(compose("{}{}{}", report.done ? "done " : "",
                                report.incomplete ? "incomplete " : "", report.error));
    }
    return lines;
}

Lines decode(std::string_view hex, Family family, std::optional<uint32_t> table = std::nullopt) {
    return decode(bytes_of(hex), family, table);
}

}  // namespace

TEST(entry_codec_reads_the_entries_of_a_dump) {
    if (!kCapturesReadable) {
        return;
    }
    EXPECT_EQ(decode(kDump4, Family::kIpv4),
              (Lines{"(10.9.9.9, 225.1.2.3) 1 > 1:1 3:7 idle 0", "(10.9.9.9, 225.1.2.4) 3 > idle 0",
                     "(*, 225.1.2.5) 3 > 1:1 idle 0", "(10.9.9.9, 225.1.2.6) ? > 3:2 idle 0"}));
    EXPECT_EQ(decode(kDump6, Family::kIpv6),
              (Lines{"(2001:db8::9, ff0e::123) 3 > 1:1 idle 0",
                     "(2001:db8::9, ff0e::124) ? > 1:1 3:1 idle 0"}));
    EXPECT_EQ(decode(kDone, Family::kIpv4), (Lines{"done 0"}));
    EXPECT_EQ(decode(kNoTable, Family::kIpv6), (Lines{compose("done {}", ENOENT)}));
}

TEST(entry_codec_reads_the_counters_of_an_entry) {
    if (!kCapturesReadable) {
        return;
    }
    // 5 packets, 7 bytes and 3 by a wrong inbound, in place of nothing.
    std::vector<std::byte> bytes = bytes_of(kTable1000);
    constexpr size_t kStats = 76;
    bytes[kStats] = std::byte{5};
    bytes[kStats + 8] = std::byte{7};
    bytes[kStats + 16] = std::byte{3};
    std::vector<FoundEntry> entries;
    (void)decode_entries(bytes, Family::kIpv4, 1000, entries);
    REQUIRE(entries.size() == 1);
    EXPECT(entries[0].counters == (FlowCounters{.packets = 5, .bytes = 7, .wrong_if = 3}));
}

TEST(entry_codec_takes_only_the_entries_of_its_table_and_family) {
    if (!kCapturesReadable) {
        return;
    }
    EXPECT_EQ(decode(kTable1000, Family::kIpv4, 1000),
              (Lines{"(10.9.9.9, 225.1.2.3) 1 > 1:4 idle 0"}));
    EXPECT_EQ(decode(kTable1000, Family::kIpv4), Lines{});
    EXPECT_EQ(decode(kDump4, Family::kIpv4, 1000), Lines{});
    EXPECT_EQ(decode(kDump4, Family::kIpv6, 253), Lines{});
    EXPECT_EQ(decode(kDump6, Family::kIpv4, 254), Lines{});
}

TEST(entry_codec_reads_how_long_an_entry_has_been_idle) {
    if (!kCapturesReadable) {
        return;
    }
    std::vector<std::byte> bytes = bytes_of(kTable1000);
    // The last eight bytes: 1234 hundredths of a second.
    bytes[bytes.size() - 8] = std::byte{0xd2};
    bytes[bytes.size() - 7] = std::byte{0x04};
    EXPECT_EQ(decode(bytes, Family::kIpv4, 1000),
              (Lines{"(10.9.9.9, 225.1.2.3) 1 > 1:4 idle 12340"}));
    // No kernel says so, but what is read must fit.
    std::fill(bytes.end() - 8, bytes.end(), std::byte{0xff});
    EXPECT_EQ(decode(bytes, Family::kIpv4, 1000),
              (Lines{"(10.9.9.9, 225.1.2.3) 1 > 1:4 idle 9223372036854775800"}));
}

// Cut anywhere, a datagram gives the entries that are whole and says that something is missing.
TEST(entry_codec_says_when_a_dump_is_cut_off) {
    if (!kCapturesReadable) {
        return;
    }
    const std::vector<std::byte> whole = bytes_of(kDump6);
    const size_t one = whole.size() / 2;
    for (size_t size = 1; size < whole.size(); ++size) {
        const Lines lines = decode(std::span(whole).first(size), Family::kIpv6);
        EXPECT_EQ(lines.size(), size_t{size == one ? 1U : size < one ? 1U : 2U});
        EXPECT_EQ(lines.back(),
                  size == one ? "(2001:db8::9, ff0e::123) 3 > 1:1 idle 0" : "incomplete 0");
    }
}

TEST(entry_codec_survives_attributes_that_contradict_their_length) {
    if (!kCapturesReadable) {
        return;
    }
    const std::vector<std::byte> whole = bytes_of(kTable1000);
    constexpr size_t kAttributes = 28;
    for (size_t at = kAttributes; at < whole.size(); ++at) {
        for (const unsigned value : {0U, 1U, 3U, 5U, 0xffU}) {
            std::vector<std::byte> bytes = whole;
            bytes[at] = static_cast<std::byte>(value);
            EXPECT(decode(bytes, Family::kIpv4, 1000).size() <= 1);
        }
    }
}

TEST(entry_codec_asks_for_one_family_and_table) {
    if (!kCapturesReadable) {
        return;
    }
    EXPECT(encode_entry_dump(Family::kIpv4, std::nullopt) ==
           bytes_of("240000001a00010300000000000000008000000000000000000000000800"
                    "0f00fd000000"));
    EXPECT(encode_entry_dump(Family::kIpv6, 1000) ==
           bytes_of("240000001a00010300000000000000008100000000000000000000000800"
                    "0f00e8030000"));
}

TEST(entry_codec_reads_by_which_interfaces_a_unicast_route_leads) {
    if (!kCapturesReadable) {
        return;
    }
    EXPECT(encode_unicast_request(*Address::parse("10.0.0.2"), 7) ==
           bytes_of("240000001a00010007000000000000000220000000000000002000000800"
                    "01000a000002"));
    EXPECT(next_hops(kRoute) == Hops{3});
    EXPECT(next_hops(kTwoHops4) == (Hops{3, 5}));
    EXPECT(next_hops(kTwoHops6) == (Hops{5, 3}));
    EXPECT(next_hops(kRouteHome).empty());
    EXPECT(next_hops(kUnreachable).empty());
    EXPECT(decode_route_answer(bytes_of(kUnreachable), Family::kIpv4)->errno_value == EHOSTUNREACH);
}

TEST(entry_codec_takes_no_answer_whose_error_is_no_number) {
    nlmsghdr header{};
    header.nlmsg_len = sizeof header + sizeof(nlmsgerr);
    header.nlmsg_type = NLMSG_ERROR;
    for (const int number : {0, 1, INT32_MIN}) {
        nlmsgerr error{};
        error.error = number;
        std::array<std::byte, sizeof header + sizeof error> bytes{};
        std::memcpy(bytes.data(), &header, sizeof header);
        std::memcpy(bytes.data() + sizeof header, &error, sizeof error);
        EXPECT(!decode_route_answer(bytes, Family::kIpv4));
    }
}

TEST(entry_codec_leaves_out_next_hops_that_are_dead) {
    if (!kCapturesReadable) {
        return;
    }
    std::vector<std::byte> bytes = bytes_of(kTwoHops4);
    constexpr size_t kFlagsOfTheFirst = 50;
    bytes[kFlagsOfTheFirst] = std::byte{1};  // RTNH_F_DEAD
    EXPECT(decode_route_answer(bytes, Family::kIpv4)->next_hops == Hops{5});
}

TEST(entry_codec_survives_a_unicast_route_that_contradicts_its_length) {
    if (!kCapturesReadable) {
        return;
    }
    const std::vector<std::byte> whole = bytes_of(kTwoHops6);
    for (size_t at = 0; at < whole.size(); ++at) {
        EXPECT(!decode_route_answer(std::span(whole).first(at), Family::kIpv6));
        for (const unsigned value : {0U, 1U, 3U, 5U, 0xffU}) {
            std::vector<std::byte> bytes = whole;
            bytes[at] = static_cast<std::byte>(value);
            const auto answer = decode_route_answer(bytes, Family::kIpv4);
            EXPECT(!answer || answer->next_hops.size() <= 3);
        }
    }
}

}  // namespace smcroute::test
