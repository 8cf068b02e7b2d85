// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/netlink_codec.h"

#include <algorithm>

#include <sys/socket.h>

#include <linux/netlink.h>

namespace smcroute {

namespace {

// Netlink pads messages and attributes to 4 bytes; the last one may lack its padding.
void skip_padding(ByteReader& reader, size_t size) {
    const size_t padding = NLMSG_ALIGN(size) - size;
    (void)reader.skip(std::min(padding, reader.remaining()));
}

// NLMSG_ERROR and NLMSG_DONE begin with a negative errno, or 0.
int read_error(ByteReader payload) {
    const int code = payload.read<int>().value_or(0);
    return code < 0 && code > INT16_MIN ? -code : 0;
}

}  // namespace

std::optional<NetlinkMessages::Message> NetlinkMessages::next() {
    while (reader_.remaining() > 0) {
        const auto header = reader_.read<nlmsghdr>();
        const auto payload = header && header->nlmsg_len >= sizeof *header
                                 ? reader_.take(header->nlmsg_len - sizeof *header)
                                 : std::nullopt;
        if (!payload) {
            report_.incomplete = true;
            reader_ = ByteReader({});
            break;
        }
        skip_padding(reader_, header->nlmsg_len);
        report_.incomplete |= (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
        switch (header->nlmsg_type) {
            case NLMSG_DONE:
                report_.done = true;
                [[fallthrough]];
            case NLMSG_ERROR:
                report_.error = read_error(ByteReader(*payload));
                break;
            case NLMSG_OVERRUN:
                report_.incomplete = true;
                break;
            default:
                return Message{header->nlmsg_type, *payload};
        }
    }
    return std::nullopt;
}

std::optional<NetlinkAttribute> next_attribute(ByteReader& reader) {
    const auto header = reader.read<nlattr>();
    if (!header || header->nla_len < sizeof *header) {
        return std::nullopt;
    }
    const auto value = reader.take(header->nla_len - sizeof *header);
    if (!value) {
        return std::nullopt;
    }
    skip_padding(reader, header->nla_len);
    return NetlinkAttribute{static_cast<unsigned>(header->nla_type & NLA_TYPE_MASK), *value};
}

std::optional<std::span<const std::byte>> find_attribute(ByteReader reader, unsigned type) {
    while (const auto attribute = next_attribute(reader)) {
        if (attribute->type == type) {
            return attribute->value;
        }
    }
    return std::nullopt;
}

}  // namespace smcroute
