// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/traffic.h"

#include <algorithm>

namespace smcroute {

namespace {

// What comes back does so at once: older packets need not be remembered.
constexpr size_t kMostFirsts = 1 << 16;

void count(const TappedPacket& packet, Traffic::Sum& sum) {
    ++sum.packets;
    sum.bytes += packet.size;
    sum.damaged += packet.is_damaged ? 1U : 0U;
    sum.ttl_min = std::min(sum.ttl_min, packet.ttl);
    sum.ttl_max = std::max(sum.ttl_max, packet.ttl);
    if (packet.size >= sum.largest) {
        sum.largest = packet.size;
        sum.may_fragment = packet.may_fragment;
    }
}

Traffic::Sum& sum_for(const Sighting& seen, Traffic::Stream& stream) {
    for (Traffic::Sum& each : stream) {
        if (each.ifindex == seen.ifindex && each.goes_out == seen.goes_out &&
            each.vlan == seen.vlan) {
            return each;
        }
    }
    stream.push_back({.ifindex = seen.ifindex, .goes_out = seen.goes_out, .vlan = seen.vlan});
    return stream.back();
}

}  // namespace

void Traffic::add(const Sighting& sighting, bool is_over) {
    const TappedPacket& packet = sighting.packet;
    const bool is_port = std::find(ports_.begin(), ports_.end(), sighting.ifindex) != ports_.end();
    if (is_port || (is_over && !sighting.goes_out)) {
        return;
    }
    Sum& sum = sum_for(sighting, streams_[packet.flow]);
    if (sighting.goes_out) {
        count(packet, sum);
        return;
    }
    if (first_ttls_.size() >= kMostFirsts) {
        first_ttls_.clear();
    }
    const auto [it, is_new] = first_ttls_.try_emplace(packet.digest, packet.ttl);
    if (!is_new && packet.ttl < it->second) {
        ++sum.again;
    } else {
        count(packet, sum);
    }
}

bool comes_in(const Traffic::Stream& stream) {
    return std::any_of(stream.begin(), stream.end(),
                       [](const Traffic::Sum& sum) { return !sum.goes_out; });
}

const Traffic::Sum* find_leaving(const Traffic::Stream& stream, unsigned ifindex) {
    const auto it = std::find_if(stream.begin(), stream.end(), [ifindex](const Traffic::Sum& sum) {
        return sum.goes_out && sum.ifindex == ifindex;
    });
    return it == stream.end() ? nullptr : &*it;
}

}  // namespace smcroute
