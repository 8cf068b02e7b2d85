// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// rtnetlink bytes to and from link events. Pure, and bounds-checked throughout: unknown messages
// and attributes are skipped, and a message that contradicts its length ends the datagram.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernel/netlink_codec.h"
#include "mcast/interfaces.h"

namespace smcroute {

using LinkReport = NetlinkReport;

// Appends the link events of one datagram. Messages about an interface's role in a bridge or
// another protocol are ignored: leaving a bridge is sent as RTM_DELLINK too.
LinkReport decode_links(std::span<const std::byte> datagram, std::vector<LinkEvent>& events);

// What a diagnosis wants to know of an interface besides.
struct LinkDetail {
    Interface interface;
    unsigned mtu = 0;
    unsigned master = 0;  // an ifindex: of the bridge or bond that it is a port of; 0: none
    bool carrier = false;
    std::string kind = {};        // "bridge", "wireguard", …; empty for hardware
    bool snoops = false;          // a bridge that looks at IGMP and MLD
    bool has_querier = false;     // it, or somebody behind it, asks who wants which group
    uint64_t failed_to_send = 0;  // packets

    friend bool operator==(const LinkDetail&, const LinkDetail&) = default;
};
LinkReport decode_link_details(std::span<const std::byte> datagram,
                               std::vector<LinkDetail>& details);

// A request for every interface of the namespace; without counters, the answer takes half the
// bytes.
using LinkDumpRequest = std::array<std::byte, 40>;
LinkDumpRequest encode_link_dump(bool with_counters = false);

}  // namespace smcroute
