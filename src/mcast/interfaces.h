// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Interfaces: the network interfaces that exist now, as rtnetlink reported them. A value: kernel/
// reads the messages, the daemon applies them here.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "mcast/if_name.h"

namespace smcroute {

struct Interface {
    IfName name;
    unsigned ifindex = 0;
    bool up = false;
    bool multicast = false;
    bool loopback = false;

    friend bool operator==(const Interface&, const Interface&) = default;
};

// One change that the kernel reported.
struct LinkEvent {
    Interface interface;
    bool gone = false;  // deleted, or moved to another namespace

    friend bool operator==(const LinkEvent&, const LinkEvent&) = default;
};

class Interfaces {
public:
    // Applies one change; true if it changed anything. A rename is an update under the same
    // ifindex; a deletion is matched by ifindex, since a new interface may have the name already.
    bool apply(const LinkEvent& event);

    // Borrowed until the next apply().
    const Interface* find(const IfName& name) const;
    const Interface* find(unsigned ifindex) const;
    // By ifindex.
    const std::map<unsigned, Interface>& all() const { return by_index_; }

private:
    std::map<unsigned, Interface> by_index_;
    std::map<IfName, unsigned> by_name_;
};

// Whether the pattern names this interface. Only its full name names the loopback, never a
// wildcard.
inline bool names(const IfPattern& pattern, const Interface& interface) {
    return pattern.matches(interface.name) && !(pattern.is_wildcard() && interface.loopback);
}

// Calls visit(const Interface&) for each interface that the pattern names, by ifindex.
template <typename Visit>
void for_each_interface(const IfPattern& pattern, const Interfaces& interfaces, Visit visit) {
    if (const auto name = pattern.name()) {
        if (const Interface* const interface = interfaces.find(*name)) {
            visit(*interface);
        }
        return;
    }
    for (const auto& [ifindex, interface] : interfaces.all()) {
        if (names(pattern, interface)) {
            visit(interface);
        }
    }
}

}  // namespace smcroute
