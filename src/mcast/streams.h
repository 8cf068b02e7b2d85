// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Streams: the (S,G) that the kernel reported and no exact route decides. Each has one kernel
// entry: a learned one with the outbounds of the rules that match, or a blocking one without
// outbounds, which keeps the kernel from asking again. Which of the two follows from the rules, not
// from here; here is when each is to be looked at next, and which blocking one may give way first.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "mcast/if_name.h"
#include "mcast/route.h"
#include "mcast/time_point.h"

namespace smcroute {

// What is known of a stream that was seen on another interface than its own inbound.
struct Wandering {
    std::optional<IfName> seen_on = std::nullopt;  // last; a rule covers it there
    // The inbound that it left because it was silent there; it goes back when that carries again.
    std::optional<IfName> first = std::nullopt;
    uint64_t carried = 0;      // by its own inbound, when last looked at
    TimePoint silent_since{};  // so long at least that has not grown
    TimePoint look_at{};       // when it is to be looked at next, if looks are left
    int looks_left = 0;
};

struct Stream {
    IfName inbound;  // where it was seen
    // Where its entry waits for it, if no rule covers its inbound but some cover others: the
    // first of them unless it says otherwise. See awaits().
    std::optional<uint8_t> awaited = std::nullopt;  // a slot
    uint64_t carried_before = 0;                    // by its entry, when that began to wait
    TimePoint check_at{};  // when its silence is to be judged; epoch: never
    uint64_t packets = 0;  // at the last check, where the kernel tells no idle time
    std::unique_ptr<Wandering> wandering = nullptr;  // of the few that are seen elsewhere
    // Its place among the blocking ones, if it is one of them.
    std::optional<std::list<Flow>::iterator> blocked = std::nullopt;
};

class Streams {
public:
    Streams() = default;
    // Iterators into the list stand in the map.
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;

    // The stream is arriving on this interface.
    void note(const Flow& flow, const IfName& inbound);
    // What is known of a stream's wandering, to be changed in place; made where there is nothing.
    // Only of a stream that is there.
    Wandering& wandering(const Flow& flow);
    void forget_wandering(const Flow& flow);
    void note_packets(const Flow& flow, uint64_t packets);
    // Of a stream that is awaited; no matter of others.
    void await_on(const Flow& flow, uint8_t slot);
    void note_carried_before(const Flow& flow, uint64_t packets);
    void erase(const Flow& flow);

    const Stream* find(const Flow& flow) const;
    const std::unordered_map<Flow, Stream>& all() const { return all_; }
    size_t size() const { return all_.size(); }
    size_t blocked_count() const { return blocked_.size(); }

    // The stream is to be looked at, not before `when` and at most kCheckGrain after.
    static constexpr std::chrono::milliseconds kCheckGrain{250};
    void check_at(const Flow& flow, TimePoint when);
    std::optional<TimePoint> next_check() const;
    // How many checks are kept, those of streams that have gone since among them: never more than
    // twice as many as there are streams, and some.
    size_t checks_kept() const { return checks_kept_; }
    // At most `max` streams that are due. Each is out of the order until check_at() or erase().
    std::vector<Flow> take_due(TimePoint now, size_t max);

    // Whether its entry has no outbound. One that becomes blocking is the last to give way.
    void set_blocked(const Flow& flow, bool blocked);
    // The blocking one that was the first to become so, or to be passed over.
    std::optional<Flow> first_blocked() const;
    void pass_over(const Flow& flow);

private:
    static constexpr size_t kIdleChecks = 1024;

    void keep_check(const Flow& flow, TimePoint when);
    void drop_idle_checks();

    std::unordered_map<Flow, Stream> all_;
    std::list<Flow> blocked_;
    // Streams by the time of their check. One whose check_at says otherwise was moved since.
    std::map<TimePoint, std::vector<Flow>> checks_;
    size_t checks_kept_ = 0;
};

}  // namespace smcroute
