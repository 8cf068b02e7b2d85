// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/entry_codec.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

#include "base/byte_reader.h"

namespace smcroute {

namespace {

using Bytes = std::span<const std::byte>;

template <typename T>
void append(std::vector<std::byte>& message, const T& value) {
    const auto bytes = std::as_bytes(std::span(&value, 1));
    message.insert(message.end(), bytes.begin(), bytes.end());
}

void append_attribute(std::vector<std::byte>& message, unsigned short type,
                      std::span<const std::byte> value) {
    append(message, rtattr{.rta_len = static_cast<unsigned short>(RTA_LENGTH(value.size())),
                           .rta_type = type});
    message.insert(message.end(), value.begin(), value.end());
}

void append_address(std::vector<std::byte>& message, unsigned short type, const Address& address) {
    if (address.family() == Family::kIpv4) {
        const Address::Ipv4Bytes bytes = address.ipv4();
        append_attribute(message, type, std::as_bytes(std::span(bytes)));
    } else {
        append_attribute(message, type, std::as_bytes(std::span(address.ipv6())));
    }
}

// The tables that a socket without MRT_TABLE uses (KERNEL.md 9).
uint32_t default_table(Family family) {
    return family == Family::kIpv4 ? RT_TABLE_DEFAULT : RT_TABLE_MAIN;
}

constexpr unsigned char rtnl_family(Family family) {
    return family == Family::kIpv4 ? RTNL_FAMILY_IPMR : RTNL_FAMILY_IP6MR;
}

void append_table(std::vector<std::byte>& message, Family family, std::optional<uint32_t> table) {
    const uint32_t id = table.value_or(default_table(family));
    append_attribute(message, RTA_TABLE, std::as_bytes(std::span(&id, 1)));
}

// The whole message, with its length filled in.
std::vector<std::byte> finish(std::vector<std::byte> message, nlmsghdr header) {
    header.nlmsg_len = static_cast<uint32_t>(message.size());
    memcpy(message.data(), &header, sizeof header);
    return message;
}

template <typename T>
std::optional<T> read_number(Bytes value) {
    return ByteReader(value).read<T>();
}

// RTA_EXPIRES, in hundredths of a second; a number that is too large is clamped.
std::optional<std::chrono::milliseconds> read_idle(Bytes value) {
    constexpr auto kMost = static_cast<uint64_t>(std::chrono::milliseconds::max().count()) / 10;
    const auto hundredths = read_number<uint64_t>(value);
    if (!hundredths) {
        return std::nullopt;
    }
    return std::chrono::milliseconds(static_cast<int64_t>(std::min(*hundredths, kMost)) * 10);
}

std::optional<Address> read_address(Family family, Bytes value) {
    if (family == Family::kIpv4) {
        const auto bytes = read_number<Address::Ipv4Bytes>(value);
        return bytes ? std::optional(Address::from_ipv4(*bytes)) : std::nullopt;
    }
    const auto bytes = read_number<Address::Ipv6Bytes>(value);
    return bytes ? Address::from_ipv6(*bytes) : std::nullopt;
}

// RTA_MULTIPATH: next hops, each with its own length. Calls visit(const rtnexthop&) for each.
template <typename Visit>
void for_each_hop(Bytes value, Visit visit) {
    ByteReader reader(value);
    while (const auto hop = reader.read<rtnexthop>()) {
        if (hop->rtnh_len < sizeof *hop || !reader.skip(hop->rtnh_len - sizeof *hop)) {
            break;
        }
        if (hop->rtnh_ifindex > 0) {
            visit(*hop);
        }
    }
}

std::vector<FoundEntry::Outbound> read_outbounds(Bytes value) {
    std::vector<FoundEntry::Outbound> outbounds;
    for_each_hop(value, [&outbounds](const rtnexthop& hop) {
        if (hop.rtnh_hops > 0) {
            outbounds.push_back({static_cast<unsigned>(hop.rtnh_ifindex), hop.rtnh_hops});
        }
    });
    return outbounds;
}

// The next hops of a unicast route that are alive.
std::vector<unsigned> read_next_hops(ByteReader attributes) {
    std::vector<unsigned> next_hops;
    while (const auto attribute = next_attribute(attributes)) {
        if (attribute->type == RTA_OIF) {
            next_hops.push_back(read_number<uint32_t>(attribute->value).value_or(0));
        } else if (attribute->type == RTA_MULTIPATH) {
            for_each_hop(attribute->value, [&next_hops](const rtnexthop& hop) {
                if ((hop.rtnh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)) == 0) {
                    next_hops.push_back(static_cast<unsigned>(hop.rtnh_ifindex));
                }
            });
        }
    }
    return next_hops;
}

// The attributes of an entry.
struct EntryFields {
    std::optional<uint32_t> table;
    std::optional<Address> source;
    std::optional<Address> group;
    std::optional<unsigned> iif;
    std::vector<FoundEntry::Outbound> outbounds;
    std::optional<std::chrono::milliseconds> idle;
    FlowCounters counters;
};

FlowCounters read_counters(Bytes value) {
    const auto stats = read_number<rta_mfc_stats>(value).value_or(rta_mfc_stats{});
    return {
        .packets = stats.mfcs_packets, .bytes = stats.mfcs_bytes, .wrong_if = stats.mfcs_wrong_if};
}

EntryFields read_fields(Family family, ByteReader attributes) {
    EntryFields fields;
    while (const auto attribute = next_attribute(attributes)) {
        switch (attribute->type) {
            case RTA_TABLE:
                fields.table = read_number<uint32_t>(attribute->value);
                break;
            case RTA_SRC:
                fields.source = read_address(family, attribute->value);
                break;
            case RTA_DST:
                fields.group = read_address(family, attribute->value);
                break;
            case RTA_IIF:
                fields.iif = read_number<uint32_t>(attribute->value);
                break;
            case RTA_MULTIPATH:
                fields.outbounds = read_outbounds(attribute->value);
                break;
            case RTA_EXPIRES:
                fields.idle = read_idle(attribute->value);
                break;
            case RTA_MFC_STATS:
                fields.counters = read_counters(attribute->value);
                break;
            default:
                break;
        }
    }
    return fields;
}

// The entry, of any table if none is given.
std::optional<FoundEntry> decode_entry(Bytes payload, Family family,
                                       std::optional<uint32_t> table) {
    ByteReader reader(payload);
    const auto route = reader.read<rtmsg>();
    if (!route || route->rtm_family != rtnl_family(family) ||
        (route->rtm_flags & RTNH_F_UNRESOLVED) != 0) {
        return std::nullopt;
    }
    EntryFields fields = read_fields(family, reader);
    if ((table && fields.table != table) || !fields.source || !fields.group ||
        !fields.group->is_multicast() || fields.source->family() != family) {
        return std::nullopt;
    }
    // encode_entry4() and encode_entry6() added the iif to the oifs.
    const bool hidden =
        fields.source->is_any() && std::erase_if(fields.outbounds, [&fields](const auto& outbound) {
                                       return outbound.ifindex == fields.iif;
                                   }) == 0;
    return FoundEntry{.flow = {*fields.group, *fields.source},
                      .iif = fields.iif,
                      .outbounds = std::move(fields.outbounds),
                      .idle = fields.idle,
                      .counters = fields.counters,
                      .hidden = hidden};
}

}  // namespace

std::vector<std::byte> encode_entry_request(const Flow& flow, std::optional<uint32_t> table,
                                            uint32_t sequence) {
    const Family family = flow.family();
    nlmsghdr header{};
    header.nlmsg_type = RTM_GETROUTE;
    header.nlmsg_flags = NLM_F_REQUEST;
    header.nlmsg_seq = sequence;
    rtmsg route{};
    route.rtm_family = rtnl_family(family);
    route.rtm_src_len = address_bits(family);
    route.rtm_dst_len = address_bits(family);
    std::vector<std::byte> message;
    append(message, header);
    append(message, route);
    append_address(message, RTA_SRC, flow.source);
    append_address(message, RTA_DST, flow.group);
    append_table(message, family, table);
    return finish(std::move(message), header);
}

std::vector<std::byte> encode_unicast_request(const Address& address, uint32_t sequence) {
    const Family family = address.family();
    nlmsghdr header{};
    header.nlmsg_type = RTM_GETROUTE;
    header.nlmsg_flags = NLM_F_REQUEST;
    header.nlmsg_seq = sequence;
    rtmsg route{};
    route.rtm_family = family == Family::kIpv4 ? AF_INET : AF_INET6;
    route.rtm_dst_len = address_bits(family);
    route.rtm_flags =
        RTM_F_FIB_MATCH;  // return the route itself, not the one hop that a packet would take
    std::vector<std::byte> message;
    append(message, header);
    append(message, route);
    append_address(message, RTA_DST, address);
    return finish(std::move(message), header);
}

std::optional<RouteAnswer> decode_route_answer(std::span<const std::byte> message, Family family) {
    ByteReader reader(message);
    const auto header = reader.read<nlmsghdr>();
    if (!header || header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > message.size()) {
        return std::nullopt;
    }
    const Bytes payload = message.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr));
    RouteAnswer answer{.sequence = header->nlmsg_seq};
    if (header->nlmsg_type == NLMSG_ERROR) {
        const auto error = ByteReader(payload).read<nlmsgerr>();
        if (!error || error->error >= 0 || error->error == INT32_MIN) {  // cannot be negated
            return std::nullopt;
        }
        answer.errno_value = -error->error;
        return answer;
    }
    if (header->nlmsg_type != RTM_NEWROUTE) {
        return std::nullopt;
    }
    answer.entry = decode_entry(payload, family, std::nullopt);
    ByteReader body(payload);
    const auto route = body.read<rtmsg>();
    if (route && route->rtm_type == RTN_UNICAST) {
        answer.next_hops = read_next_hops(body);
    }
    return answer;
}

std::vector<std::byte> encode_entry_dump(Family family, std::optional<uint32_t> table) {
    nlmsghdr header{};
    header.nlmsg_type = RTM_GETROUTE;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    rtmsg route{};
    route.rtm_family = rtnl_family(family);
    std::vector<std::byte> message;
    append(message, header);
    append(message, route);
    append_table(message, family, table);
    return finish(std::move(message), header);
}

NetlinkReport decode_entries(std::span<const std::byte> datagram, Family family,
                             std::optional<uint32_t> table, std::vector<FoundEntry>& entries) {
    const uint32_t id = table.value_or(default_table(family));
    NetlinkMessages messages(datagram);
    while (const auto message = messages.next()) {
        if (message->type != RTM_NEWROUTE) {
            continue;
        }
        if (auto entry = decode_entry(message->payload, family, id)) {
            entries.push_back(std::move(*entry));
        }
    }
    return messages.report();
}

}  // namespace smcroute
