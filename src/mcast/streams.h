// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Streams: the (S,G) that the kernel reported and that no exact route decides. Each has one kernel
// entry: a learned one with the outbounds of the rules that match, or a blocking one without
// outbounds, which keeps the kernel from asking again. The rules decide which of the two, not this
// file. This file knows when each stream is checked next, and which blocking one may be evicted
// first.
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

// State of a stream that was seen on another interface than its own inbound.
struct Wandering {
    std::optional<IfName> seen_on = std::nullopt;  // the last one; a rule covers it there
    // The inbound that the stream left because it was silent there; it returns when packets arrive
    // there again.
    std::optional<IfName> first = std::nullopt;
    uint64_t carried = 0;      // packets by its own inbound, at the last look
    TimePoint silent_since{};  // `carried` has not grown at least since then
    TimePoint look_at{};       // the time of the next look, if looks are left
    int looks_left = 0;
};

struct Stream {
    IfName inbound;  // where it was seen
    // The slot where its entry waits, if no rule covers its inbound but some rule covers others.
    // Unset: the first such interface. See awaits().
    std::optional<uint8_t> awaited = std::nullopt;  // a slot
    uint64_t carried_before = 0;                    // packets by its entry, when the wait began
    TimePoint check_at{};  // when to check whether it is silent; epoch: never
    uint64_t packets = 0;  // at the last check, if the kernel reports no idle time
    std::unique_ptr<Wandering> wandering = nullptr;  // only for the few streams seen elsewhere
    // Its place in the list of blocking streams, if it is blocking.
    std::optional<std::list<Flow>::iterator> blocked = std::nullopt;
};

class Streams {
public:
    Streams() = default;
    // Not copyable: the map holds iterators into the list.
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;

    // Notes that the stream arrives on this interface.
    void note(const Flow& flow, const IfName& inbound);
    // The stream's wandering state, to be changed in place; created if there is none. The stream
    // must exist.
    Wandering& wandering(const Flow& flow);
    void forget_wandering(const Flow& flow);
    void note_packets(const Flow& flow, uint64_t packets);
    // For a stream that waits; harmless for others.
    void await_on(const Flow& flow, uint8_t slot);
    void note_carried_before(const Flow& flow, uint64_t packets);
    void erase(const Flow& flow);

    const Stream* find(const Flow& flow) const;
    const std::unordered_map<Flow, Stream>& all() const { return all_; }
    size_t size() const { return all_.size(); }
    size_t blocked_count() const { return blocked_.size(); }

    // Schedules a check of the stream, not before `when` and at most kCheckGrain after it.
    static constexpr std::chrono::milliseconds kCheckGrain{250};
    void check_at(const Flow& flow, TimePoint when);
    std::optional<TimePoint> next_check() const;
    // How many checks are kept, including those of streams that have gone: never more than twice
    // the number of streams plus kIdleChecks.
    size_t checks_kept() const { return checks_kept_; }
    // At most `max` streams that are due. Each has no check until the next check_at().
    std::vector<Flow> take_due(TimePoint now, size_t max);

    // Notes whether the stream's entry has no outbound. A stream that becomes blocking is the last
    // to be evicted.
    void set_blocked(const Flow& flow, bool blocked);
    // The stream that has been blocking longest since it became so or was passed over.
    std::optional<Flow> first_blocked() const;
    void pass_over(const Flow& flow);

private:
    static constexpr size_t kIdleChecks = 1024;

    void keep_check(const Flow& flow, TimePoint when);
    void drop_idle_checks();

    std::unordered_map<Flow, Stream> all_;
    std::list<Flow> blocked_;
    // Streams by the time of their check. An element whose stream has another check_at is outdated.
    std::map<TimePoint, std::vector<Flow>> checks_;
    size_t checks_kept_ = 0;
};

}  // namespace smcroute
