// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// rtnetlink bytes to and from link events. Pure, and bounds-checked throughout: unknown messages
// and attributes are skipped, and a message that contradicts its length ends the datagram.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernel/netlink_codec.h"
#include "mcast/interfaces.h"

namespace smcroute {

using LinkReport = NetlinkReport;

// Appends the link events of one datagram. Messages about an interface's role in a bridge or
// another protocol are ignored: leaving a bridge is sent as RTM_DELLINK too.
LinkReport decode_links(std::span<const std::byte> datagram, std::vector<LinkEvent>& events);

// A request for every interface of the namespace.
using LinkDumpRequest = std::array<std::byte, 40>;
LinkDumpRequest encode_link_dump();

}  // namespace smcroute
