// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Traffic: the packets that a tap has seen, summed up for each stream and interface.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "kernel/packet_tap.h"

namespace smcroute {

class Traffic {
public:
    // What comes in, or goes out, by one interface and with one tag.
    struct Sum {
        unsigned ifindex = 0;
        bool goes_out = false;
        uint16_t vlan = 0;
        uint64_t packets = 0;
        uint64_t bytes = 0;
        uint64_t damaged = 0;
        uint8_t ttl_min = 255;
        uint8_t ttl_max = 0;
        uint32_t largest = 0;
        bool may_fragment = false;  // the largest
        // Of what comes in, packets that had been in before, with a higher TTL: they are not
        // counted above.
        uint64_t again = 0;
    };
    // The sums of a stream; a handful, in the order in which they began.
    using Stream = std::vector<Sum>;

    // Packets of ports are left out: those of their bridge or bond are counted.
    void leave_out(unsigned port) { ports_.push_back(port); }

    // Only what goes out is counted when the time is over: it may belong to the last that came in.
    void add(const Sighting& sighting, bool is_over = false);

    const std::map<Flow, Stream>& streams() const { return streams_; }
    // Null if nothing was seen of it.
    const Stream* find(const Flow& flow) const {
        const auto it = streams_.find(flow);
        return it == streams_.end() ? nullptr : &it->second;
    }

private:
    std::vector<unsigned> ports_;
    std::map<Flow, Stream> streams_;
    std::unordered_map<uint64_t, uint8_t> first_ttls_;  // by digest
};

// Whether anything of the stream comes in.
bool comes_in(const Traffic::Stream& stream);
// What of it goes out there; null if nothing does.
const Traffic::Sum* find_leaving(const Traffic::Stream& stream, unsigned ifindex);

}  // namespace smcroute
