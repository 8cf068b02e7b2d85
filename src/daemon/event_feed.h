// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// EventFeed: what happens, told to whoever listens (--monitor), as rows of event_schema(). The last
// events are kept once, whoever listens; each listener has its place among them, and who falls
// behind is told how many it has lost. While nobody listens, asking wanted() first is all it costs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "control/reply.h"
#include "mcast/interfaces.h"
#include "mcast/planner.h"

namespace smcroute {

// One thing that has happened. What does not apply to it is empty.
struct Event {
    std::string_view what;
    std::string interface = {};
    std::string source = {};
    std::string group = {};
    std::string iif = {};
    std::string oifs = {};    // with spaces between
    std::string was = {};     // the interface before
    std::string detail = {};  // in words
};

// Of a stream, with its entry as it is installed now.
Event stream_event(std::string_view what, const RouterState& state, const Flow& flow);

class EventFeed {
public:
    using WallClock = std::chrono::system_clock::time_point (*)();
    // So many events a listener may be behind.
    static constexpr size_t kCapacity = 1024;
    // A page is filled to this; with its last row it still fits one frame.
    static constexpr size_t kPageSize = 8 * 1024;

    // The clock is read for each event that is recorded.
    explicit EventFeed(WallClock clock = &std::chrono::system_clock::now) : clock_(clock) {}
    EventFeed(const EventFeed&) = delete;
    EventFeed& operator=(const EventFeed&) = delete;

    // Somebody listens.
    bool wanted() const { return !listeners_.empty(); }
    void record(const Event& event);
    // What an interface has become; `known` is what it was until now, if anything.
    void record_link(const Interface* known, const LinkEvent& event);

    // What happens from now on, after an event that says so, with `status` in its words. Borrows
    // the feed.
    std::unique_ptr<Pages> listen(std::string status);

private:
    class Listener;

    std::string row_of(const Event& event, uint64_t lost = 0) const;
    void forget_read();

    WallClock clock_;
    std::vector<Listener*> listeners_;
    std::deque<std::string> rows_;  // those that some listener has not read
    uint64_t begin_ = 0;            // the number of the first of them
};

}  // namespace smcroute
