// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Evidence: all that was found out about one stream, as values. Whoever collects it judges nothing,
// and the verdict (verdict.h) is made of this alone. Counts are those of the time of watching.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mcast/address.h"

namespace smcroute {

// One interface, as far as it matters to a stream.
struct Port {
    std::string name;
    bool exists = true;
    bool up = true;
    bool carrier = true;
    bool multicast = true;
    bool has_vif = true;
    bool disabled = false;     // by a phyint line
    bool beyond_ipv6 = false;  // an index that no MIF can hold
    bool wireguard = false;
    bool snoops = false;       // a bridge that does
    bool has_querier = false;  // and somebody asks who wants which group
    unsigned mtu = 1500;
    uint64_t failed_to_send = 0;
};

// What comes in, or what this host itself sends, by one interface.
struct Arrival {
    Port port;
    uint64_t packets = 0;
    uint64_t bytes = 0;
    uint64_t damaged = 0;  // by the IP header's checksum
    uint8_t ttl_min = 0;
    uint8_t ttl_max = 0;
    uint32_t largest = 0;  // bytes of a packet
    bool may_fragment = false;
    uint16_t vlan = 0;
    bool is_ours = false;                     // this host sends it
    unsigned rp_filter = 0;                   // in effect; IPv4 only
    std::vector<std::string> ways_back = {};  // interfaces of the unicast route to the source
};

struct Outlet {
    Port port;
    bool in_entry = true;
    unsigned threshold = 1;  // packets must have a higher TTL
    uint64_t packets = 0;    // of this stream, seen to leave
};

// The entry of the kernel that decides about the stream.
struct Entry {
    std::string iif;  // empty: it has no VIF any more
    std::vector<std::string> oifs;
    uint64_t packets = 0;
    uint64_t wrong_if = 0;
};

// The same packets, with a lower TTL, where they first came in.
struct Return {
    std::string left_by;
    std::string back_by;
    uint64_t packets = 0;
};

struct Evidence {
    enum class Owner : uint8_t { kOurs, kOther, kNobody };

    Address group;
    std::optional<Address> source = std::nullopt;  // none: nothing was seen of any

    Owner owner = Owner::kOurs;  // of the kernel's table
    // "pimd (process 12)"; for nobody, why a daemon that runs does not route this family.
    std::string owner_name = {};
    bool rules_known = true;                     // from the daemon or a file
    bool source_is_local = false;                // an address of this host
    bool is_joined = false;                      // on the inbound
    bool slots_full = false;                     // 32 interfaces have the VIFs
    bool streams_full = false;                   // the daemon can learn none any more
    std::optional<Port> inbound = std::nullopt;  // where the line wants it; none: not one interface

    std::string line = {};               // which covers it: "smcroute.conf:3: mroute from …"
    std::string excepted = {};           // the line that would, but for its except
    std::string nearest = {};            // the line that comes nearest, and
    std::string nearest_outbounds = {};  // where that one leads: "eth1 eth2"
    std::string differs = {};            // what differs: "its source is 10.0.0.3"
    bool only_inbound_differs = false;
    std::string hidden = {};  // a rule that an exact route keeps from this stream

    std::vector<Arrival> arrivals = {};  // the one that counts first
    std::optional<Entry> entry = std::nullopt;
    std::vector<Outlet> outlets = {};
    std::optional<Return> returned = std::nullopt;
    uint64_t reverse_path_drops = 0;  // of the whole host
    uint64_t too_big_drops = 0;       // likewise, in this family
    bool is_supposed = false;         // nothing was watched: packets are supposed to arrive
};

}  // namespace smcroute
