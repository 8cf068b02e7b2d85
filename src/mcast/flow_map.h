// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// FlowMap: a ChunkMap by (S,G), in which an IPv4 one takes 8 bytes instead of 32 and is compared as
// one number. Its groups must be multicast: so all of IPv4 sort before all of IPv6. Elements are
// made when an iterator is asked for one: keep copies of flows, not references.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/chunk_map.h"
#include "mcast/route.h"

namespace smcroute {

template <typename Value>
class FlowMap {
private:
    // Two halves, since a whole number would leave a gap before many values; in this order they are
    // loaded as one where the lowest byte is the first.
    struct Ipv4Key {
        uint32_t source;
        uint32_t group;

        explicit Ipv4Key(const Flow& flow)
            : source(flow.source.ipv4_number()), group(flow.group.ipv4_number()) {}
        Flow flow() const {
            return {Address::from_ipv4_number(group), Address::from_ipv4_number(source)};
        }
        uint64_t number() const { return uint64_t{group} << 32 | source; }
        friend bool operator<(const Ipv4Key& a, const Ipv4Key& b) {
            return a.number() < b.number();
        }
        friend bool operator==(const Ipv4Key& a, const Ipv4Key& b) {
            return a.number() == b.number();
        }
    };
    using Ipv4Map = ChunkMap<Ipv4Key, Value>;
    using Ipv6Map = ChunkMap<Flow, Value>;

public:
    using key_type = Flow;
    struct Element {
        Flow first;
        const Value& second;

        const Element* operator->() const { return this; }
    };

    class Iterator {
    public:
        Element operator*() const {
            return at4_ != end4_ ? Element{at4_->first.flow(), at4_->second}
                                 : Element{at6_->first, at6_->second};
        }
        Element operator->() const { return **this; }
        Iterator& operator++() {
            if (at4_ != end4_) {
                ++at4_;
            } else {
                ++at6_;
            }
            return *this;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        friend class FlowMap;
        Iterator(const FlowMap& map, typename Ipv4Map::Iterator at4, typename Ipv6Map::Iterator at6)
            : at4_(at4), end4_(map.ipv4_.end()), at6_(at6) {}

        typename Ipv4Map::Iterator at4_;
        typename Ipv4Map::Iterator end4_;
        typename Ipv6Map::Iterator at6_;
    };

    Iterator begin() const { return {*this, ipv4_.begin(), ipv6_.begin()}; }
    Iterator end() const { return {*this, ipv4_.end(), ipv6_.end()}; }
    // Counts the chunks.
    size_t size() const { return ipv4_.size() + ipv6_.size(); }
    bool empty() const { return ipv4_.empty() && ipv6_.empty(); }

    Iterator lower_bound(const Flow& flow) const {
        return is_ipv4(flow) ? Iterator(*this, ipv4_.lower_bound(Ipv4Key(flow)), ipv6_.begin())
                             : Iterator(*this, ipv4_.end(), ipv6_.lower_bound(flow));
    }
    Iterator upper_bound(const Flow& flow) const {
        return is_ipv4(flow) ? Iterator(*this, ipv4_.upper_bound(Ipv4Key(flow)), ipv6_.begin())
                             : Iterator(*this, ipv4_.end(), ipv6_.upper_bound(flow));
    }

    // Null if there is none.
    const Value* find(const Flow& flow) const {
        return is_ipv4(flow) ? ipv4_.find(Ipv4Key(flow)) : ipv6_.find(flow);
    }
    Value* find(const Flow& flow) {
        return is_ipv4(flow) ? ipv4_.find(Ipv4Key(flow)) : ipv6_.find(flow);
    }
    // The value of this flow, and whether it was inserted now.
    std::pair<Value*, bool> try_emplace(const Flow& flow, const Value& value = {}) {
        return is_ipv4(flow) ? ipv4_.try_emplace(Ipv4Key(flow), value)
                             : ipv6_.try_emplace(flow, value);
    }
    // False if there is none.
    bool erase(const Flow& flow) {
        return is_ipv4(flow) ? ipv4_.erase(Ipv4Key(flow)) : ipv6_.erase(flow);
    }
    // Calls change(Family, Value&) for each.
    template <typename Change>
    void for_each(Change change) {
        ipv4_.for_each([&](const Ipv4Key& /*key*/, Value& v) { change(Family::kIpv4, v); });
        ipv6_.for_each([&](const Flow& /*key*/, Value& v) { change(Family::kIpv6, v); });
    }

private:
    static bool is_ipv4(const Flow& flow) { return flow.family() == Family::kIpv4; }

    Ipv4Map ipv4_;
    Ipv6Map ipv6_;
};

}  // namespace smcroute
