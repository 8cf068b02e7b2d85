// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/stream_mover.h"

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "base/text.h"

namespace smcroute {

namespace {

// A stream moves when its old inbound has been silent for this long and for this many of its mean
// packet intervals. With fewer packets than kRhythm it has no rhythm to judge by.
constexpr std::chrono::seconds kMoveSilence{3};
constexpr int kMoveIntervals = 4;
constexpr uint64_t kRhythm = 4;
constexpr std::chrono::seconds kMoveSilenceWithoutRhythm{60};
// How often the old inbound is checked after one upcall; the kernel sends the next one after 3 s.
constexpr std::chrono::milliseconds kLookPause{1000};
constexpr int kLooks = 3;

}  // namespace

std::optional<TimePoint> StreamMover::deadline() const {
    return looks_.empty() ? std::nullopt : std::optional(looks_.begin()->first);
}

void StreamMover::on_deadline(TimePoint now) {
    while (!looks_.empty() && looks_.begin()->first <= now) {
        const auto [when, flow] = *looks_.begin();
        looks_.erase(looks_.begin());
        const Stream* const stream = state_.streams.find(flow);
        const Wandering* const wandering =
            stream == nullptr ? nullptr : state_.streams.wandering_of(*stream);
        if (wandering != nullptr && wandering->look_at == when) {
            look(flow, now);
        }
    }
}

// A stream that is blocked, waits elsewhere, or whose inbound is down loses nothing by moving at
// once. Some of the others are seen on both sides, because a second router or an echoing device
// forwards them as well: the side of their source is the right one. If the unicast routes do not
// tell, the side that carries the stream keeps it, and after a silence the first side gets it back.
// The kernel reports a stream once in 3 s, and its route is looked up each time: changes of the
// routes need not be followed.
void StreamMover::judge(const Flow& flow, const IfName& inbound, TimePoint now) {
    const Stream& stream = *state_.streams.find(flow);
    if (state_.installed.find(flow)->outbounds == 0 || awaits(state_, flow)) {
        move(flow, inbound, std::nullopt, now);
        return;
    }
    const Side side = side_of_source(flow, state_.streams.inbound_of(stream), inbound);
    const Wandering* const wandering = state_.streams.wandering_of(stream);
    const bool was_first = wandering != nullptr && wandering->first == inbound;
    if (side == Side::kThere) {
        move(flow, inbound, std::nullopt, now);
    } else if (was_first && side != Side::kHere) {
        move(flow, inbound, inbound, now);
    } else {
        watch(flow, inbound, now);
        if (is_down(state_.streams.inbound_of(stream))) {
            leave(flow, now);
        }
    }
}

bool StreamMover::is_down(const IfName& name) const {
    const Interface* const interface = state_.interfaces.find(name);
    return interface == nullptr || !interface->up;
}

StreamMover::Side StreamMover::side_of_source(const Flow& flow, const IfName& here,
                                              const IfName& there) {
    const std::vector<unsigned> next_hops = kernel_.unicast_route(flow.source);
    const auto leads_to = [&](const IfName& name) {
        const Interface* const interface = state_.interfaces.find(name);
        return interface != nullptr &&
               std::find(next_hops.begin(), next_hops.end(), interface->ifindex) != next_hops.end();
    };
    const bool leads_here = leads_to(here);
    if (leads_here == leads_to(there)) {
        return Side::kNeitherOrBoth;
    }
    return leads_here ? Side::kHere : Side::kThere;
}

// The count is read a moment after the upcall: if a copy overtook the packet itself, the count
// shows the packet by then.
void StreamMover::watch(const Flow& flow, const IfName& inbound, TimePoint now) {
    const bool is_new = state_.streams.wandering_of(*state_.streams.find(flow)) == nullptr;
    Wandering& wandering = state_.streams.wandering(flow);
    if (is_new) {
        wandering.carried = kernel_.carried(flow).value_or(0);
        wandering.silent_since = now;
    }
    wandering.seen_on = inbound;
    if (wandering.looks_left == 0) {
        wandering.look_at = now + kLookPause;
        looks_.emplace(wandering.look_at, flow);
    }
    wandering.looks_left = kLooks;
}

void StreamMover::look(const Flow& flow, TimePoint now) {
    Wandering& wandering = state_.streams.wandering(flow);
    const auto count = kernel_.carried(flow);
    if (!count || !state_.desired.rules().any_match(*wandering.seen_on, flow)) {
        wandering.looks_left = 0;
        return;
    }
    if (*count != wandering.carried) {
        wandering.carried = *count;
        wandering.silent_since = now;
    } else if (now - wandering.silent_since >= patience(flow, wandering, now)) {
        leave(flow, now);
        return;
    }
    if (--wandering.looks_left > 0) {
        wandering.look_at = now + kLookPause;
        looks_.emplace(wandering.look_at, flow);
    }
}

// The mean interval counts all packets from the making of the entry until it fell silent.
std::chrono::milliseconds StreamMover::patience(const Flow& flow, const Wandering& wandering,
                                                TimePoint now) const {
    const Installed::Entry* const entry = state_.installed.find(flow);
    if (wandering.carried < kRhythm || entry == nullptr) {
        return kMoveSilenceWithoutRhythm;
    }
    constexpr std::chrono::seconds kGrain{1};  // the resolution of age_of()
    const auto silence =
        std::chrono::duration_cast<std::chrono::milliseconds>(now - wandering.silent_since);
    const std::chrono::milliseconds lived = state_.installed.age_of(*entry) + kGrain - silence;
    const auto intervals = static_cast<std::chrono::milliseconds::rep>(wandering.carried - 1);
    return std::max<std::chrono::milliseconds>(kMoveSilence, kMoveIntervals * lived / intervals);
}

// When an inbound goes down, perhaps no packet is left to report the stream.
void StreamMover::on_links(TimePoint now) {
    std::vector<Flow> flows;
    for (const auto& [when, flow] : looks_) {
        const Stream* const stream = state_.streams.find(flow);
        const Wandering* const wandering =
            stream == nullptr ? nullptr : state_.streams.wandering_of(*stream);
        if (wandering != nullptr && wandering->look_at == when &&
            is_down(state_.streams.inbound_of(*stream)) &&
            state_.desired.rules().any_match(*wandering->seen_on, flow)) {
            flows.push_back(flow);
        }
    }
    for (const Flow& flow : flows) {
        leave(flow, now);
    }
}

// The stream goes back at once, but only once: between two routers that send each other's packets
// back it would otherwise never end.
void StreamMover::leave(const Flow& flow, TimePoint now) {
    const IfName& inbound = state_.streams.inbound_of(*state_.streams.find(flow));
    const Wandering& wandering = state_.streams.wandering(flow);
    const bool was_back = wandering.first == inbound;
    move(flow, IfName(*wandering.seen_on),
         was_back ? std::nullopt : std::optional(wandering.first.value_or(inbound)), now);
}

void StreamMover::move(const Flow& flow, const IfName& to, const std::optional<IfName>& first,
                       TimePoint now) {
    const IfName from = state_.streams.inbound_of(*state_.streams.find(flow));
    log_notice(compose("{} moved from {} to {}", to_string(flow), from.view(), to.view()));
    state_.streams.note(flow, to);
    if (first) {
        state_.streams.wandering(flow) = {
            .first = first, .carried = kernel_.carried(flow).value_or(0), .silent_since = now};
    } else {
        state_.streams.forget_wandering(flow);
    }
    Planner planner(state_);
    applier_.update(flow, planner);
    if (events_.wanted()) {
        Event event = stream_event("moved", state_, flow);
        event.was = from.view();
        events_.record(event);
    }
}

}  // namespace smcroute
