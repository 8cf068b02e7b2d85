// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The common parts of all netlink datagrams: messages and attributes, each with a length that is
// checked before it is believed. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/byte_reader.h"

namespace smcroute {

// What a datagram reported beside its messages.
struct NetlinkReport {
    bool done = false;        // the end of a dump
    bool incomplete = false;  // something is missing: cut off, overrun, or changed during the dump
    int error = 0;            // the errno of a refusal

    friend bool operator==(const NetlinkReport&, const NetlinkReport&) = default;
};

// The messages of one datagram; a message that contradicts its length ends it.
class NetlinkMessages {
public:
    struct Message {
        uint16_t type = 0;
        std::span<const std::byte> payload;
    };

    explicit NetlinkMessages(std::span<const std::byte> datagram) : reader_(datagram) {}

    // The next message. Messages about the whole dump are not returned, see report().
    std::optional<Message> next();
    const NetlinkReport& report() const { return report_; }

private:
    ByteReader reader_;
    NetlinkReport report_;
};

struct NetlinkAttribute {
    unsigned type = 0;  // without its flags
    std::span<const std::byte> value;
};

// The next attribute; nothing at the end, or if an attribute contradicts its length.
std::optional<NetlinkAttribute> next_attribute(ByteReader& reader);

// The first attribute of that type.
std::optional<std::span<const std::byte>> find_attribute(ByteReader reader, unsigned type);

}  // namespace smcroute
