// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/rtnl_codec.h"

#include <cstring>
#include <optional>
#include <string_view>

#include <net/if.h>
#include <sys/socket.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "base/byte_reader.h"

namespace smcroute {

namespace {

using Bytes = std::span<const std::byte>;

std::optional<IfName> read_name(Bytes value) {
    std::array<char, IfName::kMaxLength + 1> buffer{};
    if (value.empty() || value.size() > buffer.size() || value.back() != std::byte{0}) {
        return std::nullopt;
    }
    memcpy(buffer.data(), value.data(), value.size());
    return IfName::parse(std::string_view(buffer.data()));
}

std::optional<LinkEvent> decode_link(ByteReader reader, bool gone) {
    const auto info = reader.read<ifinfomsg>();
    if (!info || info->ifi_family != AF_UNSPEC || info->ifi_index <= 0) {
        return std::nullopt;
    }
    const auto value = find_attribute(reader, IFLA_IFNAME);
    const auto name = value ? read_name(*value) : std::nullopt;
    if (!name) {
        return std::nullopt;
    }
    return LinkEvent{.interface = {.name = *name,
                                   .ifindex = static_cast<unsigned>(info->ifi_index),
                                   .up = (info->ifi_flags & IFF_UP) != 0,
                                   .multicast = (info->ifi_flags & IFF_MULTICAST) != 0,
                                   .loopback = (info->ifi_flags & IFF_LOOPBACK) != 0},
                     .gone = gone};
}

}  // namespace

LinkReport decode_links(Bytes datagram, std::vector<LinkEvent>& events) {
    NetlinkMessages messages(datagram);
    while (const auto message = messages.next()) {
        if (message->type != RTM_NEWLINK && message->type != RTM_DELLINK) {
            continue;
        }
        const bool gone = message->type == RTM_DELLINK;
        if (const auto event = decode_link(ByteReader(message->payload), gone)) {
            events.push_back(*event);
        }
    }
    return messages.report();
}

LinkDumpRequest encode_link_dump() {
    struct Request {
        nlmsghdr header;
        ifinfomsg info;
        rtattr attribute;
        uint32_t mask;
    };
    static_assert(sizeof(Request) == sizeof(LinkDumpRequest));
    Request request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_GETLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.info.ifi_family = AF_UNSPEC;
    // Without statistics, the answer takes half the bytes.
    request.attribute.rta_len = sizeof request.attribute + sizeof request.mask;
    request.attribute.rta_type = IFLA_EXT_MASK;
    request.mask = RTEXT_FILTER_SKIP_STATS;
    LinkDumpRequest bytes;
    memcpy(bytes.data(), &request, sizeof request);
    return bytes;
}

}  // namespace smcroute
