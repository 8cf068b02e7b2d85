// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Streams: the (S,G) that the kernel reported and no exact route covers. Each has one kernel entry:
// a learned one with the outbounds of the rules that match, or a blocking one without outbounds,
// which keeps the kernel from asking again. Which of the two follows from the rules, not from here.
#pragma once

#include <unordered_map>

#include "mcast/if_name.h"
#include "mcast/route.h"

namespace smcroute {

struct Stream {
    IfName inbound;
};

class Streams {
public:
    // The stream is arriving on this interface.
    void note(const Flow& flow, const IfName& inbound) {
        all_.insert_or_assign(flow, Stream{inbound});
    }
    void erase(const Flow& flow) { all_.erase(flow); }

    const Stream* find(const Flow& flow) const {
        const auto it = all_.find(flow);
        return it == all_.end() ? nullptr : &it->second;
    }
    const std::unordered_map<Flow, Stream>& all() const { return all_; }

private:
    std::unordered_map<Flow, Stream> all_;
};

}  // namespace smcroute
