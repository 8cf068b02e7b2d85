// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/interfaces.h"

namespace smcroute {

bool Interfaces::apply(const LinkEvent& event) {
    const unsigned ifindex = event.interface.ifindex;
    const auto known = by_index_.find(ifindex);
    if (known != by_index_.end()) {
        if (!event.gone && known->second == event.interface) {
            return false;
        }
        const auto name = by_name_.find(known->second.name);
        if (name != by_name_.end() && name->second == ifindex) {
            by_name_.erase(name);
        }
        by_index_.erase(known);
    } else if (event.gone) {
        return false;
    }
    if (!event.gone) {
        by_index_.emplace(ifindex, event.interface);
        by_name_[event.interface.name] = ifindex;
    }
    return true;
}

const Interface* Interfaces::find(const IfName& name) const {
    const auto it = by_name_.find(name);
    return it == by_name_.end() ? nullptr : find(it->second);
}

const Interface* Interfaces::find(unsigned ifindex) const {
    const auto it = by_index_.find(ifindex);
    return it == by_index_.end() ? nullptr : &it->second;
}

}  // namespace smcroute
