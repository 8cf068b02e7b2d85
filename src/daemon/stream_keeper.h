// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// StreamKeeper: what the daemon does about streams that no exact route decides. It answers the
// kernel's upcalls, lets entries go that have been silent for long enough, keeps their number
// bounded whoever sends, and moves a stream that has changed its inbound (SPEC R20 to R22, R25,
// R26). It decides; what an entry should be is still the planner's.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "daemon/adoption.h"
#include "daemon/applier.h"
#include "daemon/event_feed.h"
#include "kernel/kernel.h"
#include "mcast/planner.h"
#include "mcast/streams.h"

namespace smcroute {

class StreamKeeper {
public:
    struct Settings {
        std::chrono::seconds timeout{60};  // of silence; 0: entries stay
        size_t capacity = 65536;           // over both families
    };

    // Borrows the last four.
    StreamKeeper(const Settings& settings, Kernel& kernel, RouterState& state, Applier& applier,
                 EventFeed& events)
        : settings_(settings), kernel_(kernel), state_(state), applier_(applier), events_(events) {}

    void on_upcalls(std::span<const Upcall> upcalls, TimePoint now);

    // An exact route has gone that a rule covers too: its stream lives on as a learned one.
    void take_over(const Flow& flow, const IfName& inbound, TimePoint now);
    // Of what another daemon has installed, the entries that no exact route decides live on as
    // learned and blocking streams.
    void resume(std::span<const AdoptedEntry> entries, TimePoint now);
    // Every learned and blocking stream is forgotten; the caller plans their entries' removal.
    void forget_all();

    // Interfaces have come, gone or changed.
    void on_links(TimePoint now);

    // How many upcalls there have been.
    uint64_t upcalls() const { return upcalls_; }

    std::optional<TimePoint> deadline() const;
    void on_deadline(TimePoint now);

private:
    // Which of two interfaces the unicast route to a stream's source leads to.
    enum class Side : uint8_t { kHere, kThere, kNeitherOrBoth };

    void on_upcall(const Upcall& upcall, Planner& planner, TimePoint now);
    void on_unknown(const Upcall& upcall, const IfName& inbound, Planner& planner, TimePoint now);
    void on_elsewhere(const Upcall& upcall, const IfName& inbound, Planner& planner, TimePoint now);
    void answer(const Flow& flow, bool has_entry, const IfName& inbound, Planner& planner,
                TimePoint now);
    void choose_awaited(const Flow& flow, const IfName& inbound, const Planner& planner);
    void confirm(const Flow& flow);
    void look_further(const Flow& flow, Planner& planner);
    bool make_room();
    void warn_full(TimePoint now);

    void check_silence(const Flow& flow, TimePoint now);
    // `why`: for those who listen.
    void remove(const Flow& flow, std::string_view why);
    void tell_expired(const Flow& flow, std::string_view why);
    std::optional<std::chrono::milliseconds> silence_of(const Flow& flow);
    bool is_down(const IfName& name) const;
    Side side_of_source(const Flow& flow, const IfName& here, const IfName& there);
    // A rule covers the stream on `inbound` too, where it has just been seen.
    void judge(const Flow& flow, const Stream& stream, const IfName& inbound, TimePoint now);
    void watch(const Flow& flow, const IfName& inbound, TimePoint now);
    void look(const Flow& flow, const Stream& stream, TimePoint now);
    std::chrono::milliseconds patience(const Flow& flow, const Wandering& wandering,
                                       TimePoint now) const;
    // Away from an inbound that is silent, perhaps for a time only.
    void leave(const Flow& flow, TimePoint now);
    // `first`: as in Wandering.
    void move(const Flow& flow, const IfName& to, const std::optional<IfName>& first,
              TimePoint now);
    std::optional<uint64_t> carried(const Flow& flow);
    void update(const Flow& flow);
    void update(const Flow& flow, Planner& planner);

    Settings settings_;
    Kernel& kernel_;
    RouterState& state_;
    Applier& applier_;
    EventFeed& events_;
    // When streams that wander are to be looked at; some have gone since, or are not due.
    std::set<std::pair<TimePoint, Flow>> looks_;
    std::optional<TimePoint> warned_full_;
    uint64_t upcalls_ = 0;
};

}  // namespace smcroute
