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

template <typename T>
T number_of(Bytes value) {
    return ByteReader(value).read<T>().value_or(T{});
}

void read_bridge(ByteReader attributes, LinkDetail& detail) {
    while (const auto attribute = next_attribute(attributes)) {
        switch (attribute->type) {
            case IFLA_BR_MCAST_SNOOPING:
                detail.snoops = number_of<uint8_t>(attribute->value) != 0;
                break;
            case IFLA_BR_MCAST_QUERIER:
                detail.has_querier |= number_of<uint8_t>(attribute->value) != 0;
                break;
            case IFLA_BR_MCAST_QUERIER_STATE:
                detail.has_querier |= !attribute->value.empty();
                break;
            default:
                break;
        }
    }
}

void read_kind(ByteReader attributes, LinkDetail& detail) {
    const auto kind = find_attribute(attributes, IFLA_INFO_KIND);
    const auto name = kind ? read_name(*kind) : std::nullopt;
    detail.kind = name ? to_string(*name) : "";
    const auto data = find_attribute(attributes, IFLA_INFO_DATA);
    if (data && detail.kind == "bridge") {
        read_bridge(ByteReader(*data), detail);
    }
}

void read_detail(const NetlinkAttribute& attribute, LinkDetail& detail) {
    switch (attribute.type) {
        case IFLA_MTU:
            detail.mtu = number_of<uint32_t>(attribute.value);
            break;
        case IFLA_MASTER:
            detail.master = number_of<uint32_t>(attribute.value);
            break;
        case IFLA_CARRIER:
            detail.carrier = number_of<uint8_t>(attribute.value) != 0;
            break;
        case IFLA_LINKINFO:
            read_kind(ByteReader(attribute.value), detail);
            break;
        case IFLA_STATS64: {
            const auto counts = number_of<rtnl_link_stats64>(attribute.value);
            detail.failed_to_send = counts.tx_errors + counts.tx_dropped;
            break;
        }
        default:
            break;
    }
}

}  // namespace

LinkReport decode_link_details(Bytes datagram, std::vector<LinkDetail>& details) {
    NetlinkMessages messages(datagram);
    while (const auto message = messages.next()) {
        ByteReader reader(message->payload);
        const auto event = message->type == RTM_NEWLINK ? decode_link(reader, false) : std::nullopt;
        if (!event || !reader.skip(sizeof(ifinfomsg))) {
            continue;
        }
        LinkDetail detail{.interface = event->interface};
        while (const auto attribute = next_attribute(reader)) {
            read_detail(*attribute, detail);
        }
        details.push_back(std::move(detail));
    }
    return messages.report();
}

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

LinkDumpRequest encode_link_dump(bool with_counters) {
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
    request.attribute.rta_len = sizeof request.attribute + sizeof request.mask;
    request.attribute.rta_type = IFLA_EXT_MASK;
    request.mask = with_counters ? 0 : RTEXT_FILTER_SKIP_STATS;
    LinkDumpRequest bytes;
    memcpy(bytes.data(), &request, sizeof request);
    return bytes;
}

}  // namespace smcroute
