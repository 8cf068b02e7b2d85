// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors
//
// What a receiver counted: how many packets came, and which were lost, doubled or out of order.
// A stream is one source, one group and one run of the sender; the sender announces in every packet
// how many there will be, so that a lost last packet is noticed too. Gaps are the packets missing
// between the first and the last that came, which is what counts in a stream that is still running.

#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "packet.h"

class Tally {
public:
    void add(const Packet& packet) {
        const uint32_t number = packet.stamp.number;
        Stream& stream = streams_[{packet.source, packet.group, packet.stamp.run}];
        stream.first = stream.distinct == 0 ? number : std::min(stream.first, number);
        stream.count = packet.stamp.count;
        stream.seen.resize(std::max<size_t>(stream.seen.size(), number + size_t{1}));
        ttl_min_ = received_ == 0 ? packet.ttl : std::min(ttl_min_, packet.ttl);
        ttl_max_ = std::max(ttl_max_, packet.ttl);
        first_ = received_ == 0 ? number : first_;
        last_ = number;
        if (stream.seen[number]) {
            ++duplicated_;
            return;
        }
        late_ += number + size_t{1} < stream.seen.size() ? 1 : 0;
        stream.seen[number] = true;
        ++stream.distinct;
        ++received_;
    }

    size_t received() const { return received_; }
    size_t duplicated() const { return duplicated_; }

    std::string summary() const {
        size_t announced = 0;
        size_t gaps = 0;
        std::set<Address> sources;
        for (const auto& [key, stream] : streams_) {
            announced += stream.count;
            gaps += stream.seen.size() - stream.first - stream.distinct;
            sources.insert(std::get<0>(key));
        }
        std::string list;
        for (const Address& source : sources) {
            if (list.size() > 200) {
                list += ",...";
                break;
            }
            list += (list.empty() ? "" : ",") + source.to_string();
        }
        const auto range = [&](auto a) { return received_ == 0 ? "-" : std::to_string(a); };
        return "received=" + std::to_string(received_) +
               " lost=" + std::to_string(announced - received_) +
               " duplicated=" + std::to_string(duplicated_) + " late=" + std::to_string(late_) +
               " sources=" + (list.empty() ? "-" : list) + " ttl=" + range(ttl_min_) + "-" +
               (received_ == 0 ? "" : std::to_string(ttl_max_)) + " first=" + range(first_) +
               " last=" + range(last_) + " gaps=" + std::to_string(gaps);
    }

private:
    struct Stream {
        size_t count = 0;
        size_t distinct = 0;
        uint32_t first = 0;
        std::vector<bool> seen;
    };
    std::map<std::tuple<Address, Address, uint32_t>, Stream> streams_;
    size_t received_ = 0, duplicated_ = 0, late_ = 0;
    uint32_t first_ = 0, last_ = 0;
    int ttl_min_ = 0, ttl_max_ = 0;
};
