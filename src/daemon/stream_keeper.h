// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// StreamKeeper: handles streams that no exact route decides. It answers the kernel's upcalls,
// expires entries that have been silent long enough, and keeps their number bounded whoever sends
// (SPEC R20 to R22, R26). It decides what to do; the planner decides what an entry should be, and
// StreamMover by which of several inbounds a stream is taken.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string_view>

#include "daemon/adoption.h"
#include "daemon/applier.h"
#include "daemon/event_feed.h"
#include "daemon/stream_mover.h"
#include "kernel/kernel.h"
#include "mcast/planner.h"
#include "mcast/streams.h"

namespace smcroute {

class StreamKeeper {
public:
    struct Settings {
        std::chrono::seconds timeout{60};  // of silence until an entry expires; 0: entries stay
        size_t capacity = 65536;           // of both families together
    };

    // Borrows all except the settings.
    StreamKeeper(const Settings& settings, Kernel& kernel, RouterState& state, Applier& applier,
                 EventFeed& events)
        : settings_(settings),
          kernel_(kernel),
          state_(state),
          applier_(applier),
          events_(events),
          mover_(kernel, state, applier, events) {}

    // How many more streams can be learned; blocked ones make room. Streams that take the place of
    // a route or come from another daemon are learned without room, too.
    size_t room() const {
        const size_t learned = state_.streams.size() - state_.streams.blocked_count();
        return settings_.capacity - std::min(learned, settings_.capacity);
    }

    void on_upcalls(std::span<const Upcall> upcalls, TimePoint now);

    // An exact route was removed that a rule covers too: its stream lives on as a learned one.
    void take_over(const Flow& flow, const IfName& inbound, TimePoint now);
    // Entries that another daemon installed and that no exact route decides live on as learned and
    // blocking streams.
    void resume(std::span<const AdoptedEntry> entries, TimePoint now);
    // Forgets every learned and blocking stream; the caller plans the removal of their entries.
    void forget_all();
    // Those of a group that the kernel serves by itself from now on.
    void forget(const Address& group);

    // Interfaces have appeared, gone or changed.
    void on_links(TimePoint now) { mover_.on_links(now); }

    // How many upcalls there have been.
    uint64_t upcalls() const { return upcalls_; }

    std::optional<TimePoint> deadline() const;
    void on_deadline(TimePoint now);

private:
    void on_upcall(const Upcall& upcall, Planner& planner, TimePoint now);
    void on_unknown(const Upcall& upcall, const IfName& inbound, Planner& planner, TimePoint now);
    void on_elsewhere(const Upcall& upcall, const IfName& inbound, Planner& planner, TimePoint now);
    void answer(const Flow& flow, bool has_entry, const IfName& inbound, Planner& planner,
                TimePoint now);
    void answer_stray(const Flow& flow, Slot slot, Planner& planner);
    void choose_awaited(const Flow& flow, const IfName& inbound, const Planner& planner);
    void confirm(const Flow& flow);
    void look_further(const Flow& flow, Planner& planner);
    bool make_room();
    void warn_full(TimePoint now);

    void check_silence(const Flow& flow, TimePoint now);
    // `why` is reported to monitors.
    void forget(const std::vector<Flow>& flows, std::string_view why);
    void remove(const Flow& flow, std::string_view why);
    void tell_expired(const Flow& flow, std::string_view why);
    std::optional<std::chrono::milliseconds> silence_of(const Flow& flow);

    Settings settings_;
    Kernel& kernel_;
    RouterState& state_;
    Applier& applier_;
    EventFeed& events_;
    StreamMover mover_;
    std::optional<TimePoint> warned_full_;
    uint64_t upcalls_ = 0;
};

}  // namespace smcroute
