// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/entry_codec.h"

#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/rtnetlink.h>

#include "base/byte_reader.h"

namespace smcroute {

namespace {

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

// The tables that a socket without MRT_TABLE has (KERNEL.md 9).
uint32_t default_table(Family family) {
    return family == Family::kIpv4 ? RT_TABLE_DEFAULT : RT_TABLE_MAIN;
}

std::optional<std::chrono::milliseconds> find_idle(ByteReader attributes) {
    while (const auto header = attributes.read<rtattr>()) {
        if (header->rta_len < sizeof(rtattr)) {
            return std::nullopt;
        }
        const auto value = attributes.take(header->rta_len - sizeof(rtattr));
        if (!value) {
            return std::nullopt;
        }
        if (header->rta_type == RTA_EXPIRES) {
            const auto hundredths = ByteReader(*value).read<uint64_t>();
            return hundredths ? std::optional(std::chrono::milliseconds(
                                    static_cast<int64_t>(*hundredths) * 10))
                              : std::nullopt;
        }
        attributes.skip(RTA_ALIGN(header->rta_len) - header->rta_len);
    }
    return std::nullopt;
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
    route.rtm_family = family == Family::kIpv4 ? RTNL_FAMILY_IPMR : RTNL_FAMILY_IP6MR;
    route.rtm_src_len = address_bits(family);
    route.rtm_dst_len = address_bits(family);
    std::vector<std::byte> message;
    append(message, header);
    append(message, route);
    append_address(message, RTA_SRC, flow.source);
    append_address(message, RTA_DST, flow.group);
    const uint32_t id = table.value_or(default_table(family));
    append_attribute(message, RTA_TABLE, std::as_bytes(std::span(&id, 1)));
    header.nlmsg_len = static_cast<uint32_t>(message.size());
    memcpy(message.data(), &header, sizeof header);
    return message;
}

std::optional<EntryAnswer> decode_entry_answer(std::span<const std::byte> message) {
    ByteReader reader(message);
    const auto header = reader.read<nlmsghdr>();
    if (!header || header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > message.size()) {
        return std::nullopt;
    }
    ByteReader body(message.subspan(sizeof(nlmsghdr), header->nlmsg_len - sizeof(nlmsghdr)));
    EntryAnswer answer{.sequence = header->nlmsg_seq, .errno_value = 0, .idle = {}};
    if (header->nlmsg_type == NLMSG_ERROR) {
        const auto error = body.read<nlmsgerr>();
        if (!error || error->error >= 0) {
            return std::nullopt;
        }
        answer.errno_value = -error->error;
        return answer;
    }
    if (header->nlmsg_type != RTM_NEWROUTE || !body.skip(sizeof(rtmsg))) {
        return std::nullopt;
    }
    answer.idle = find_idle(body);
    return answer;
}

}  // namespace smcroute
