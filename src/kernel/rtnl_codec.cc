// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/rtnl_codec.h"

#include <algorithm>
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

// Netlink pads messages and attributes to 4 bytes; the last one's padding may be missing.
void skip_padding(ByteReader& reader, size_t size) {
    const size_t padding = NLMSG_ALIGN(size) - size;
    (void)reader.skip(std::min(padding, reader.remaining()));
}

// The first attribute of that type.
std::optional<Bytes> find_attribute(ByteReader reader, unsigned type) {
    while (const auto header = reader.read<rtattr>()) {
        if (header->rta_len < sizeof *header) {
            return std::nullopt;
        }
        const auto value = reader.take(header->rta_len - sizeof *header);
        if (value && (header->rta_type & NLA_TYPE_MASK) == type) {
            return value;
        }
        if (!value) {
            return std::nullopt;
        }
        skip_padding(reader, header->rta_len);
    }
    return std::nullopt;
}

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

// NLMSG_ERROR and NLMSG_DONE begin with a negative errno, or 0.
int read_error(ByteReader payload) {
    const int code = payload.read<int>().value_or(0);
    return code < 0 && code > INT16_MIN ? -code : 0;
}

void decode_message(const nlmsghdr& header, Bytes payload, std::vector<LinkEvent>& events,
                    LinkReport& report) {
    report.incomplete |= (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    switch (header.nlmsg_type) {
        case NLMSG_DONE:
            report.done = true;
            report.error = read_error(ByteReader(payload));
            break;
        case NLMSG_ERROR:
            report.error = read_error(ByteReader(payload));
            break;
        case NLMSG_OVERRUN:
            report.incomplete = true;
            break;
        case RTM_NEWLINK:
        case RTM_DELLINK: {
            const bool gone = header.nlmsg_type == RTM_DELLINK;
            if (const auto event = decode_link(ByteReader(payload), gone)) {
                events.push_back(*event);
            }
            break;
        }
        default:
            break;
    }
}

}  // namespace

LinkReport decode_links(Bytes datagram, std::vector<LinkEvent>& events) {
    LinkReport report;
    ByteReader reader(datagram);
    while (reader.remaining() > 0) {
        const auto header = reader.read<nlmsghdr>();
        if (!header || header->nlmsg_len < sizeof *header) {
            report.incomplete = true;
            break;
        }
        const auto payload = reader.take(header->nlmsg_len - sizeof *header);
        if (!payload) {
            report.incomplete = true;
            break;
        }
        decode_message(*header, *payload, events, report);
        skip_padding(reader, header->nlmsg_len);
    }
    return report;
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
    // Without their statistics, interfaces take half the bytes.
    request.attribute.rta_len = sizeof request.attribute + sizeof request.mask;
    request.attribute.rta_type = IFLA_EXT_MASK;
    request.mask = RTEXT_FILTER_SKIP_STATS;
    LinkDumpRequest bytes;
    memcpy(bytes.data(), &request, sizeof request);
    return bytes;
}

}  // namespace smcroute
