// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// EventFeed: reports what happens to monitors (--monitor), as rows of event_schema(). The latest
// events are kept once for all listeners; each listener has its position among them, and one that
// falls behind is told how many events it has lost. While nobody listens, a call of wanted() is the
// only cost.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/reply.h"
#include "mcast/interfaces.h"
#include "mcast/planner.h"

namespace smcroute {

// One event. Fields that do not apply are empty.
struct Event {
    std::string_view what;
    std::string interface = {};
    std::string source = {};
    std::string group = {};
    std::string iif = {};
    std::string oifs = {};                        // separated by spaces
    std::optional<Origin> origin = std::nullopt;  // of the first line that matches a stream
    std::string was = {};                         // the previous interface
    std::string detail = {};                      // in words
};

// An event about a stream, with its entry as installed now.
Event stream_event(std::string_view what, const RouterState& state, const Flow& flow);

class EventFeed {
public:
    using WallClock = std::chrono::system_clock::time_point (*)();
    // A listener may be behind by at most so many events.
    static constexpr size_t kCapacity = 1024;
    // A page is filled up to this size; with its last row it still fits one frame.
    static constexpr size_t kPageSize = 8 * 1024;

    // The clock is read for each event that is recorded.
    explicit EventFeed(WallClock clock = &std::chrono::system_clock::now) : clock_(clock) {}
    EventFeed(const EventFeed&) = delete;
    EventFeed& operator=(const EventFeed&) = delete;

    std::chrono::system_clock::time_point now() const { return clock_(); }
    // Borrows the names that Origin.file indexes.
    void name_files(const std::vector<std::string>& files) { files_ = &files; }

    // Whether anybody listens.
    bool wanted() const { return !listeners_.empty(); }
    void record(const Event& event);
    // The new state of an interface; `known` is its state until now, if any.
    void record_link(const Interface* known, const LinkEvent& event);

    // All events from now on, after a first event that says so and has `status` as its detail.
    // Borrows the feed.
    std::unique_ptr<Pages> listen(std::string status);

private:
    class Listener;

    std::string row_of(const Event& event, uint64_t lost = 0) const;
    void forget_read();

    WallClock clock_;
    const std::vector<std::string>* files_ = nullptr;
    std::vector<Listener*> listeners_;
    std::deque<std::string> rows_;  // rows that some listener has not read yet
    uint64_t begin_ = 0;            // the number of the first row
};

}  // namespace smcroute
