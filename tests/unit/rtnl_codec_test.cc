// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/rtnl_codec.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <net/if.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "base/text.h"
#include "hex.h"
#include "test.h"

namespace smcroute {

namespace {

using Bytes = std::vector<std::byte>;

// Captured: a veth named "c9", ifindex 7, is deleted.
constexpr std::string_view kDeletion =
    "a8020000110000000000000000000000000001000700000002100000ffffffff070003006339000008000d00e803"
    "000005001000020000000500110000000000050043000000000008000400dc050000080032004400000008003300"
    "ffff000008001b000000000008001e000000000008003d000000000008001f000200000008002800ffff00000800"
    "29000000010008003a000000010008003f0000000100080040000000010008003b00f8ff070008003c00ffff0000"
    "080042000000000008002000020000000500210000000000080023000300000008002f0001000000080030000200"
    "00000600440000000000060045000000000005002700000000000a0001000e8c355d5ba200000a000200ffffffff"
    "ffff0000cc0017000000000000000000010000000000000000000000000000005a00000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000000000000000000000000000640007000000000001000000000000005a0000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000c002b0005000200000000001000"
    "12000900010076657468000000000800050000000000090006006e6f6f700000000004001a0024000e0000000000"
    "0000000000000000000000000000000000000000000000000000000004003e8004004180";

// Captured: "b0", ifindex 5, leaves a bridge. It is an RTM_DELLINK too, of family AF_BRIDGE.
constexpr std::string_view kBridgeRelease =
    "5400000011000000000000000000000007000100050000004310010000000000070003006230000008000a000800"
    "000008000400dc05000005001000060000000a000100ba67216cac8e00000800050004000000";

// Captured: the answer to a question about an ifindex that does not exist, and the end of a dump.
constexpr std::string_view kError =
    "3c000000020000000000000088c8a9baedffffff28000000120001000000000000000000000000000f2700000000"
    "00000000000008001d0008000000";
constexpr std::string_view kDone = "14000000030002000000000088c8a9ba00000000";

struct Decoded {
    std::vector<std::string> events;
    LinkReport report;
};

std::string to_string(const LinkEvent& event) {
    const Interface& interface = event.interface;
    return compose("{}{} {}{}{}{}", event.gone ? "gone " : "", interface.name.view(),
                   interface.ifindex, interface.up ? " up" : "",
                   interface.multicast ? " multicast" : "", interface.loopback ? " loopback" : "");
}

Decoded decode(std::span<const std::byte> datagram) {
    std::vector<LinkEvent> events;
    Decoded decoded;
    decoded.report = decode_links(datagram, events);
    for (const LinkEvent& event : events) {
        decoded.events.push_back(to_string(event));
    }
    return decoded;
}

void append(Bytes& bytes, const void* data, size_t size) {
    const size_t end = bytes.size();
    bytes.resize(end + size);
    memcpy(bytes.data() + end, data, size);
}

Bytes attribute(uint16_t type, std::string_view value) {
    Bytes bytes;
    const rtattr header{.rta_len = static_cast<uint16_t>(sizeof(rtattr) + value.size()),
                        .rta_type = type};
    append(bytes, &header, sizeof header);
    append(bytes, value.data(), value.size());
    bytes.resize(NLMSG_ALIGN(bytes.size()));
    return bytes;
}

struct Link {
    uint16_t type = RTM_NEWLINK;
    uint16_t message_flags = 0;
    uint8_t family = AF_UNSPEC;
    int ifindex = 3;
    unsigned flags = IFF_UP | IFF_MULTICAST;
    Bytes attributes = attribute(IFLA_IFNAME, std::string_view("eth0\0", 5));
};

Bytes message(const Link& link) {
    ifinfomsg info{};
    info.ifi_family = link.family;
    info.ifi_index = link.ifindex;
    info.ifi_flags = link.flags;
    nlmsghdr header{};
    header.nlmsg_len = static_cast<uint32_t>(sizeof header + sizeof info + link.attributes.size());
    header.nlmsg_type = link.type;
    header.nlmsg_flags = link.message_flags;
    Bytes bytes;
    append(bytes, &header, sizeof header);
    append(bytes, &info, sizeof info);
    append(bytes, link.attributes.data(), link.attributes.size());
    return bytes;
}

Bytes operator+(Bytes left, const Bytes& right) {
    append(left, right.data(), right.size());
    return left;
}

using Lines = std::vector<std::string>;

constexpr LinkReport kNothing{};
constexpr LinkReport kIncomplete{.done = false, .incomplete = true, .error = 0};

}  // namespace

using test::bytes_of;

TEST(rtnl_decodes_a_captured_deletion) {
    if (!test::kCapturesReadable) {
        return;
    }
    const Decoded decoded = decode(bytes_of(kDeletion));
    EXPECT_EQ(decoded.events, (Lines{"gone c9 7 multicast"}));
    EXPECT(decoded.report == kNothing);
}

TEST(rtnl_leaving_a_bridge_is_no_deletion) {
    if (!test::kCapturesReadable) {
        return;
    }
    const Decoded decoded = decode(bytes_of(kBridgeRelease));
    EXPECT_EQ(decoded.events, Lines{});
    EXPECT(decoded.report == kNothing);
}

TEST(rtnl_reports_errors_and_the_end_of_a_dump) {
    if (!test::kCapturesReadable) {
        return;
    }
    EXPECT(decode(bytes_of(kError)).report ==
           (LinkReport{.done = false, .incomplete = false, .error = ENODEV}));
    EXPECT(decode(bytes_of(kDone)).report ==
           (LinkReport{.done = true, .incomplete = false, .error = 0}));
}

TEST(rtnl_decodes_every_message_of_a_datagram) {
    Link second;
    second.ifindex = 70000;
    second.flags = IFF_LOOPBACK;
    second.attributes = attribute(IFLA_MTU, "four") +
                        attribute(IFLA_IFNAME, std::string_view("a-name-of-15-by\0", 16));
    const Decoded decoded = decode(message({}) + message(second));
    EXPECT_EQ(decoded.events, (Lines{"eth0 3 up multicast", "a-name-of-15-by 70000 loopback"}));
    EXPECT(decoded.report == kNothing);
}

TEST(rtnl_passes_over_other_messages) {
    Link route;
    route.type = RTM_NEWROUTE;
    Link bridge;
    bridge.family = AF_BRIDGE;
    Link inet6;
    inet6.family = AF_INET6;
    const Decoded decoded = decode(message(route) + message(bridge) + message(inet6) + message({}));
    EXPECT_EQ(decoded.events, (Lines{"eth0 3 up multicast"}));
    EXPECT(decoded.report == kNothing);
}

TEST(rtnl_drops_links_without_a_usable_name) {
    Link link;
    link.attributes = {};
    EXPECT_EQ(decode(message(link)).events, Lines{});
    for (const std::string_view name :
         {std::string_view(""), std::string_view("\0", 1), std::string_view("eth0"),
          std::string_view("a/b\0", 4), std::string_view("a-name-of-16-byt\0", 17)}) {
        link.attributes = attribute(IFLA_IFNAME, name);
        EXPECT_EQ(decode(message(link)).events, Lines{});
    }
}

TEST(rtnl_drops_links_without_an_ifindex) {
    for (const int ifindex : {0, -1}) {
        Link link;
        link.ifindex = ifindex;
        EXPECT_EQ(decode(message(link)).events, Lines{});
    }
}

TEST(rtnl_stops_at_an_attribute_with_a_wrong_length) {
    const Bytes name = attribute(IFLA_IFNAME, std::string_view("eth0\0", 5));
    for (const uint16_t length : std::array<uint16_t, 4>{0, 3, 9, 65535}) {
        Link link;
        const rtattr wrong{.rta_len = length, .rta_type = IFLA_MTU};
        link.attributes.clear();
        append(link.attributes, &wrong, sizeof wrong);
        link.attributes = link.attributes + name;
        EXPECT_EQ(decode(message(link)).events, Lines{});
    }
}

TEST(rtnl_reports_a_datagram_that_was_cut_off) {
    const Bytes whole = message({}) + message({});
    const size_t first = message({}).size();
    for (size_t size = 1; size < whole.size(); ++size) {
        const Decoded decoded = decode(std::span(whole).first(size));
        EXPECT_EQ(decoded.events.size(), size < first ? 0U : 1U);
        EXPECT_EQ(decoded.report.incomplete, size != first);
    }
}

TEST(rtnl_reports_a_message_with_a_wrong_length) {
    for (const uint32_t length : {0U, 15U, 1000U, UINT32_MAX}) {
        Bytes bytes = message({});
        memcpy(bytes.data(), &length, sizeof length);
        const Decoded decoded = decode(bytes);
        EXPECT_EQ(decoded.events, Lines{});
        EXPECT(decoded.report == kIncomplete);
    }
}

TEST(rtnl_reports_an_interrupted_dump_and_an_overrun) {
    Link interrupted;
    interrupted.message_flags = NLM_F_DUMP_INTR;
    EXPECT(decode(message(interrupted)).report == kIncomplete);
    EXPECT_EQ(decode(message(interrupted)).events, (Lines{"eth0 3 up multicast"}));
    Link overrun;
    overrun.type = NLMSG_OVERRUN;
    EXPECT(decode(message(overrun)).report == kIncomplete);
}

TEST(rtnl_takes_no_errno_that_is_none) {
    for (const int code : {0, 5, INT32_MIN}) {
        nlmsghdr header{};
        header.nlmsg_len = sizeof header + sizeof code;
        header.nlmsg_type = NLMSG_ERROR;
        Bytes bytes;
        append(bytes, &header, sizeof header);
        append(bytes, &code, sizeof code);
        EXPECT_EQ(decode(bytes).report.error, 0);
    }
}

namespace {

// What a diagnosis wants to know: "eth0 mtu 1500 …".
std::string details(const Bytes& datagram) {
    std::vector<LinkDetail> found;
    (void)decode_link_details(datagram, found);
    std::string text;
    for (const LinkDetail& each : found) {
        text += compose("{} mtu {} master {}{}{}{}{} failed {};", each.interface.name.view(),
                        each.mtu, each.master, each.carrier ? " carrier " : " ", each.kind,
                        each.snoops ? " snoops" : "", each.has_querier ? " querier" : "",
                        each.failed_to_send);
    }
    return text;
}

Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes all;
    for (const Bytes& part : parts) {
        append(all, part.data(), part.size());
    }
    return all;
}

template <typename T>
Bytes attribute_of(uint16_t type, const T& value) {
    return attribute(type, {reinterpret_cast<const char*>(&value), sizeof value});
}

std::string_view text_of(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST(rtnl_reads_the_details_of_a_link) {
    rtnl_link_stats64 counts{};
    counts.tx_errors = 3;
    counts.tx_dropped = 4;
    const Bytes kind = attribute(IFLA_INFO_KIND, std::string_view("wireguard\0", 10));
    Link link;
    link.attributes =
        joined({link.attributes, attribute_of(IFLA_MTU, uint32_t{1420}),
                attribute_of(IFLA_MASTER, uint32_t{9}), attribute_of(IFLA_CARRIER, uint8_t{1}),
                attribute(IFLA_LINKINFO, text_of(kind)), attribute_of(IFLA_STATS64, counts)});
    EXPECT_EQ(details(message(link)), "eth0 mtu 1420 master 9 carrier wireguard failed 7;");
    EXPECT_EQ(details(message({})), "eth0 mtu 0 master 0  failed 0;");
    Link deleted;
    deleted.type = RTM_DELLINK;
    EXPECT_EQ(details(message(deleted)), "");
    EXPECT_EQ(details(bytes_of(kBridgeRelease)), "");
}

TEST(rtnl_reads_whether_a_bridge_snoops_and_has_a_querier) {
    const auto bridge = [](const Bytes& data, std::string_view kind) {
        const Bytes info =
            joined({attribute(IFLA_INFO_KIND, kind), attribute(IFLA_INFO_DATA, text_of(data))});
        Link link;
        link.attributes = joined({link.attributes, attribute(IFLA_LINKINFO, text_of(info))});
        return details(message(link));
    };
    constexpr std::string_view kBridge("bridge\0", 7);
    const Bytes snoops = attribute_of(IFLA_BR_MCAST_SNOOPING, uint8_t{1});
    const Bytes asks = attribute_of(IFLA_BR_MCAST_QUERIER, uint8_t{1});
    const Bytes hears = attribute(IFLA_BR_MCAST_QUERIER_STATE, "ten bytes.");
    const Bytes quiet = attribute(IFLA_BR_MCAST_QUERIER_STATE, "");
    EXPECT_EQ(bridge(joined({snoops, quiet}), kBridge),
              "eth0 mtu 0 master 0 bridge snoops failed 0;");
    EXPECT_EQ(bridge(joined({snoops, asks}), kBridge),
              "eth0 mtu 0 master 0 bridge snoops querier failed 0;");
    EXPECT_EQ(bridge(joined({snoops, hears}), kBridge),
              "eth0 mtu 0 master 0 bridge snoops querier failed 0;");
    EXPECT_EQ(bridge(snoops, std::string_view("vxlan\0", 6)),
              "eth0 mtu 0 master 0 vxlan failed 0;");
}

TEST(rtnl_asks_for_all_links) {
    const LinkDumpRequest request = encode_link_dump();
    nlmsghdr header;
    memcpy(&header, request.data(), sizeof header);
    EXPECT_EQ(header.nlmsg_len, request.size());
    EXPECT_EQ(int{header.nlmsg_type}, int{RTM_GETLINK});
    EXPECT_EQ(int{header.nlmsg_flags}, NLM_F_REQUEST | NLM_F_DUMP);
}

}  // namespace smcroute
