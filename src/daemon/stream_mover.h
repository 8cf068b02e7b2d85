// SPDX-License-Identifier: ISC
// Copyright (c) the smcroute authors

// StreamMover: decides on which of several inbounds a learned stream stays, and moves it (SPEC
// R25). A stream moves only to an inbound where a rule takes it.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "daemon/applier.h"
#include "daemon/event_feed.h"
#include "kernel/kernel.h"
#include "mcast/planner.h"
#include "mcast/streams.h"

namespace smcroute {

class StreamMover {
public:
    // Borrows all.
    StreamMover(Kernel& kernel, RouterState& state, Applier& applier, EventFeed& events)
        : kernel_(kernel), state_(state), applier_(applier), events_(events) {}

    // Call it when a rule covers a learned stream on `inbound` too, where it has just been seen.
    void judge(const Flow& flow, const IfName& inbound, TimePoint now);

    // Interfaces have appeared, gone or changed.
    void on_links(TimePoint now);

    // Call it when all streams are forgotten. Those that are forgotten one by one need no call.
    void forget_all() { looks_.clear(); }

    std::optional<TimePoint> deadline() const;
    void on_deadline(TimePoint now);

private:
    // Which of two interfaces is on the unicast route to a stream's source.
    enum class Side : uint8_t { kHere, kThere, kNeitherOrBoth };

    bool is_down(const IfName& name) const;
    Side side_of_source(const Flow& flow, const IfName& here, const IfName& there);
    void watch(const Flow& flow, const IfName& inbound, TimePoint now);
    void look(const Flow& flow, TimePoint now);
    std::chrono::milliseconds patience(const Flow& flow, const Wandering& wandering,
                                       TimePoint now) const;
    // Moves the stream away from an inbound that is silent, perhaps only for a time.
    void leave(const Flow& flow, TimePoint now);
    // `first`: as in Wandering.
    void move(const Flow& flow, const IfName& to, const std::optional<IfName>& first,
              TimePoint now);

    Kernel& kernel_;
    RouterState& state_;
    Applier& applier_;
    EventFeed& events_;
    // When wandering streams are to be checked; some have gone since, or have another time now.
    std::set<std::pair<TimePoint, Flow>> looks_;
};

}  // namespace smcroute
