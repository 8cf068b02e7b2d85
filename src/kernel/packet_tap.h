// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// PacketTap: sees each IPv4 and IPv6 multicast packet that comes in or goes out by any interface of
// the namespace, and changes nothing. The kernel filters, and passes on the first bytes of each.
// Takes CAP_NET_RAW.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "kernel/packet_codec.h"
#include "os/unique_fd.h"

namespace smcroute {

struct Sighting {
    TappedPacket packet;
    unsigned ifindex = 0;
    bool goes_out = false;
    uint16_t vlan = 0;  // of the tag that it has on this interface; 0: none
};

class PacketTap {
public:
    static Result<PacketTap> create();

    // Waits at most this long for packets; appends what has come, at most a bounded batch.
    void read(std::chrono::milliseconds patience, std::vector<Sighting>& seen);
    // How many packets were not seen since the last call, because they came too fast.
    unsigned lost();

private:
    explicit PacketTap(UniqueFd fd) : fd_(std::move(fd)) {}

    UniqueFd fd_;
};

}  // namespace smcroute
