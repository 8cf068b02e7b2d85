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
#include <map>
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

// Small: a flood makes many. What only few of them need stands apart, in Streams.
class Stream {
public:
    const Flow& flow() const { return flow_; }
    // Whether it counts as blocking.
    bool blocked() const { return blocked_ != 0; }
    // The slot where its entry waits, if no rule covers its inbound but some rule covers others.
    // Unset: the first such interface. See awaits().
    std::optional<uint8_t> awaited() const {
        return awaited_ == kNoSlot ? std::nullopt : std::optional(static_cast<uint8_t>(awaited_));
    }

private:
    friend class Streams;
    static constexpr uint32_t kNone = UINT32_MAX;
    static constexpr uint32_t kNoSlot = 63;
    static constexpr uint32_t kNoName = (1U << 24) - 1;
    // Its neighbours in a list.
    struct Links {
        uint32_t before = kNone;
        uint32_t after = kNone;
    };

    explicit Stream(const Flow& flow)
        : flow_(flow), inbound_(kNoName), awaited_(kNoSlot), blocked_(0), is_apart_(0) {}

    Flow flow_;
    Links among_blocked_;
    Links among_checks_;     // of one time
    uint32_t check_at_ = 0;  // in steps of kCheckGrain; 0: never
    uint32_t inbound_ : 24;  // kNoName: this is the place of none, free for another
    uint32_t awaited_ : 6;   // a slot
    uint32_t blocked_ : 1;
    uint32_t is_apart_ : 1;
};

class Streams {
public:
    // Notes that the stream arrives on this interface.
    void note(const Flow& flow, const IfName& inbound);
    // The stream's wandering state, to be changed in place; created if there is none. The stream
    // must exist.
    Wandering& wandering(const Flow& flow);
    void forget_wandering(const Flow& flow);
    // For when the kernel reports no idle time.
    void note_packets(const Flow& flow, uint64_t packets);
    // For a stream that waits; harmless for others.
    void await_on(const Flow& flow, uint8_t slot);
    void note_carried_before(const Flow& flow, uint64_t packets);
    void erase(const Flow& flow);

    // Null if there is none; valid until it is erased.
    const Stream* find(const Flow& flow) const;
    // Calls visit(const Stream&) for each. It must neither add nor erase.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (uint32_t number = 0; number < streams_.size(); ++number) {
            if (const Stream& stream = streams_[number]; stream.inbound_ != Stream::kNoName) {
                visit(stream);
            }
        }
    }
    size_t size() const { return size_; }
    size_t blocked_count() const { return blocked_count_; }

    // Where it was seen.
    const IfName& inbound_of(const Stream& stream) const { return names_[stream.inbound_].name; }
    // Only the few streams seen elsewhere have one; null for the others.
    const Wandering* wandering_of(const Stream& stream) const;
    // Packets by its entry, when the wait began.
    uint64_t carried_before(const Stream& stream) const;
    // Whether the stream had just so many packets at the last note_packets().
    bool has_packets(const Flow& flow, uint64_t packets) const;

    // Schedules a check of the stream, not before `when` and at most kCheckGrain after it.
    static constexpr std::chrono::milliseconds kCheckGrain{250};
    void check_at(const Flow& flow, TimePoint when);
    std::optional<TimePoint> next_check() const;
    // At most `max` streams that are due. Each has no check until the next check_at().
    std::vector<Flow> take_due(TimePoint now, size_t max);

    // Notes whether the stream's entry has no outbound. A stream that becomes blocking is the last
    // to be evicted.
    void set_blocked(const Flow& flow, bool blocked);
    // The stream that has been blocking longest since it became so or was passed over.
    std::optional<Flow> first_blocked() const;
    void pass_over(const Flow& flow);

private:
    static constexpr uint32_t kNone = Stream::kNone;
    using Links = Stream::Links;
    // Streams chained by their Links.
    struct List {
        uint32_t first = kNone;
        uint32_t last = kNone;
    };
    // By number. One stays where it is; a deque would divide by how many it has in a block.
    class Pages {
    public:
        uint32_t size() const {
            return pages_.empty()
                       ? 0
                       : static_cast<uint32_t>(kPage * (pages_.size() - 1) + pages_.back().size());
        }
        [[gnu::always_inline]] Stream& operator[](uint32_t number) {
            return pages_[number / kPage][number % kPage];
        }
        [[gnu::always_inline]] const Stream& operator[](uint32_t number) const {
            return pages_[number / kPage][number % kPage];
        }
        void push_back(const Stream& stream) {
            if (size() % kPage == 0) {
                pages_.emplace_back().reserve(kPage);
            }
            pages_.back().push_back(stream);
        }

    private:
        static constexpr uint32_t kPage = 64;
        std::vector<std::vector<Stream>> pages_;
    };
    struct Name {
        IfName name;
        uint32_t uses;
    };
    struct Apart {
        uint64_t carried_before = 0;
        std::optional<Wandering> wandering = std::nullopt;
    };

    // The place of a stream in streams_; kNone if there is none.
    uint32_t number_of(const Flow& flow) const;
    Stream* at(const Flow& flow);
    size_t own_bucket(const Flow& flow) const;
    size_t bucket_of(const Flow& flow) const;
    uint32_t add(const Flow& flow);
    void grow_index();
    void leave_index(const Flow& flow);
    uint32_t use_name(const IfName& name);
    Apart* apart(const Flow& flow);
    const Apart* apart_of(const Stream& stream) const;
    void append(List& list, Links Stream::*links, uint32_t number);
    void take_out(List& list, Links Stream::*links, uint32_t number);
    void drop_check(uint32_t number);

    Pages streams_;
    List free_;  // places in streams_, chained by among_blocked_
    size_t size_ = 0;
    // Finds a stream by a hash of its flow: its number, or kNone. A power of two, a quarter of it
    // free; one that is not in its own bucket is in the next free one behind.
    std::vector<uint32_t> index_;
    mutable uint32_t found_last_ = kNone;  // mostly it is the one that is asked for next
    std::vector<Name> names_;
    std::unordered_map<Flow, Apart> apart_;
    std::vector<uint32_t> packets_;  // by number, the lower bits; empty if never asked for
    List blocked_;
    size_t blocked_count_ = 0;
    std::map<uint32_t, List> checks_;  // by their time
};

}  // namespace smcroute
