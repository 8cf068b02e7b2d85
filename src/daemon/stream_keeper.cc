// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/stream_keeper.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "base/log.h"
#include "base/text.h"

namespace smcroute {

namespace {

// If at most so many upcalls wait together, they are answered in order.
constexpr size_t kFew = 64;
// At most so many entries are checked in one turn: a few milliseconds.
constexpr size_t kChecksPerTurn = 1000;
// To find one to evict, at most so many blocking entries are asked for their idle time.
constexpr int kEvictionTries = 16;
constexpr std::chrono::milliseconds kInUse{1000};
// A stream moves when its old inbound has been silent for this long and for this many of its mean
// packet intervals. With fewer packets than kRhythm it has no rhythm to judge by.
constexpr std::chrono::seconds kMoveSilence{3};
constexpr int kMoveIntervals = 4;
constexpr uint64_t kRhythm = 4;
constexpr std::chrono::seconds kMoveSilenceWithoutRhythm{60};
// How often the old inbound is checked after one upcall; the kernel sends the next one after 3 s.
constexpr std::chrono::milliseconds kLookPause{1000};
constexpr int kLooks = 3;
constexpr std::chrono::minutes kFullWarningPause{1};

}  // namespace

// Decides from what is desired now, never from the upcall alone: it may have waited in the socket
// while a command or a reload gave its stream another entry. In a burst of unknown streams the
// newest is answered first: the kernel keeps them in one list, the newest in front, and walks it
// from there for each entry that is added (ipmr_mfc_add()).
void StreamKeeper::on_upcalls(std::span<const Upcall> upcalls, TimePoint now) {
    upcalls_ += upcalls.size();
    Planner planner(state_);
    const bool is_burst = upcalls.size() > kFew;
    if (is_burst) {
        std::for_each(upcalls.rbegin(), upcalls.rend(), [&](const Upcall& upcall) {
            if (upcall.kind == Upcall::Kind::kNoCache) {
                on_upcall(upcall, planner, now);
            }
        });
    }
    for (const Upcall& upcall : upcalls) {
        if (!is_burst || upcall.kind != Upcall::Kind::kNoCache) {
            on_upcall(upcall, planner, now);
        }
    }
}

void StreamKeeper::on_upcall(const Upcall& upcall, Planner& planner, TimePoint now) {
    const std::optional<IfName>& inbound =
        state_.slots[index_of(upcall.flow.family())].name(upcall.slot);
    if (!inbound) {
        return;  // its VIF is gone meanwhile
    }
    if (upcall.kind == Upcall::Kind::kNoCache) {
        on_unknown(upcall, *inbound, planner, now);
    } else {
        state_.installed.note_seen_by(upcall.flow, upcall.slot);
        on_elsewhere(upcall, *inbound, planner, now);
    }
}

void StreamKeeper::on_unknown(const Upcall& upcall, const IfName& inbound, Planner& planner,
                              TimePoint now) {
    if (state_.stars.serves(upcall.flow.group) && !planner.has_route(upcall.flow)) {
        answer_stray(upcall.flow, upcall.slot, planner);
        return;
    }
    // Another process may have flushed the table; if not, writing the entry again does no harm.
    const bool has_entry = state_.installed.mark_stale(upcall.flow);
    answer(upcall.flow, has_entry, inbound, planner, now);
}

// Another process may have flushed the table. If not, the packets came in before the (*,G) entry
// was there, or where no rule takes them.
void StreamKeeper::answer_stray(const Flow& flow, Slot slot, Planner& planner) {
    const Flow any{flow.group, Address::any(flow.family())};
    if (!kernel_.entry(any) && state_.installed.mark_stale(any)) {
        // A failure is logged and tried again.
        (void)applier_.apply(planner.plan_stars_of(flow.group));
    }
    (void)applier_.apply(planner.plan_stray(flow, slot));
}

// A stream without an entry of its own is learned, unless a route decides it. A route whose inbound
// is gone does not decide, though it may have an entry.
void StreamKeeper::answer(const Flow& flow, bool has_entry, const IfName& inbound, Planner& planner,
                          TimePoint now) {
    const bool has_stream = state_.streams.find(flow) != nullptr;
    if (!(has_stream && has_entry) && !planner.has_route(flow)) {
        if (!has_stream && !make_room()) {
            warn_full(now);
            return;
        }
        take_over(flow, inbound, now);
        if (has_entry) {
            state_.streams.set_blocked(flow, true);  // it was not forwarded before
        }
        choose_awaited(flow, inbound, planner);
    }
    update(flow, planner);
    confirm(flow);
}

// If no rule covers a stream where it was seen and several cover it elsewhere, it most likely
// arrives on the side of its source.
void StreamKeeper::choose_awaited(const Flow& flow, const IfName& inbound, const Planner& planner) {
    const SlotSet ruled =
        state_.desired.rules().any_match(inbound, flow) ? 0 : planner.ruled_inbounds(flow);
    if (std::popcount(ruled) < 2) {
        return;
    }
    const std::vector<unsigned> next_hops = kernel_.unicast_route(flow.source);
    for_each_slot(ruled, [&](Slot slot) {
        const auto& vif = state_.installed.vif(flow.family(), slot);
        if (vif && std::find(next_hops.begin(), next_hops.end(), vif->ifindex) != next_hops.end()) {
            state_.streams.await_on(flow, slot);
        }
    });
}

// A stream has arrived where its entry waits once that entry has carried a packet.
void StreamKeeper::confirm(const Flow& flow) {
    if (!awaits(state_, flow)) {
        return;
    }
    const auto count = carried(flow);
    if (!count || *count == state_.streams.carried_before(*state_.streams.find(flow))) {
        return;
    }
    const Installed::Entry entry = *state_.installed.find(flow);
    state_.streams.note(flow, *state_.slots[index_of(flow.family())].name(entry.iif));
    applier_.note_stream(flow, entry);
}

void StreamKeeper::take_over(const Flow& flow, const IfName& inbound, TimePoint now) {
    state_.streams.note(flow, inbound);
    if (settings_.timeout.count() > 0) {
        state_.streams.check_at(flow, now + settings_.timeout);
    }
}

void StreamKeeper::resume(std::span<const AdoptedEntry> entries, TimePoint now) {
    Planner planner(state_);
    for (const auto& [flow, iif, idle] : entries) {
        if (planner.has_route(flow) || state_.stars.serves(flow.group)) {
            continue;
        }
        const std::optional<IfName>& inbound = state_.slots[index_of(flow.family())].name(iif);
        const Installed::Entry* const entry = state_.installed.find(flow);
        CHECK(inbound && entry != nullptr);
        take_over(flow, *inbound, now - idle.value_or(std::chrono::milliseconds{0}));
        if (state_.desired.find(flow) == nullptr) {
            state_.streams.set_blocked(flow, entry->outbounds == 0);
        }
    }
}

// Evicts the blocking entry that has been idle longest; an entry in use is passed over.
bool StreamKeeper::make_room() {
    if (state_.streams.size() < settings_.capacity) {
        return true;
    }
    for (int i = 0; i < kEvictionTries; ++i) {
        const auto flow = state_.streams.first_blocked();
        if (!flow) {
            return false;
        }
        const auto idle = kernel_.idle_time(*flow);
        if (idle && *idle && **idle < kInUse && i + 1 < kEvictionTries) {
            state_.streams.pass_over(*flow);
            continue;
        }
        confirm(*flow);
        if (!state_.streams.find(*flow)->blocked()) {
            continue;
        }
        remove(*flow, "made room for another");
        return true;
    }
    return false;
}

void StreamKeeper::warn_full(TimePoint now) {
    if (warned_full_ && now < *warned_full_ + kFullWarningPause) {
        return;
    }
    warned_full_ = now;
    log_warning(compose("{}: no room for another, new ones are not forwarded",
                        count_of(state_.streams.size(), "learned stream")));
}

void StreamKeeper::forget_all() {
    std::vector<Flow> flows;
    state_.streams.for_each([&flows](const Stream& stream) { flows.push_back(stream.flow()); });
    forget(flows, "flushed");
    looks_.clear();
}

void StreamKeeper::forget(const Address& group) {
    std::vector<Flow> flows;
    const Installed::Entries& entries = state_.installed.entries();
    for (auto it = entries.lower_bound({group, Address::any(group.family())});
         it != entries.end() && it->first.group == group; ++it) {
        if (state_.streams.find(it->first) != nullptr) {
            flows.push_back(it->first);
        }
    }
    forget(flows, "nolearn");
}

void StreamKeeper::forget(const std::vector<Flow>& flows, std::string_view why) {
    for (const Flow& flow : flows) {
        tell_expired(flow, why);
        state_.streams.erase(flow);
    }
}

std::optional<TimePoint> StreamKeeper::deadline() const {
    std::optional<TimePoint> earliest = state_.streams.next_check();
    if (!looks_.empty() && (!earliest || looks_.begin()->first < *earliest)) {
        earliest = looks_.begin()->first;
    }
    return earliest;
}

void StreamKeeper::on_deadline(TimePoint now) {
    for (const Flow& flow : state_.streams.take_due(now, kChecksPerTurn)) {
        check_silence(flow, now);
    }
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

void StreamKeeper::check_silence(const Flow& flow, TimePoint now) {
    confirm(flow);
    const auto silence = silence_of(flow);
    if (!silence || *silence >= settings_.timeout) {
        remove(flow, "silent");
    } else {
        state_.streams.check_at(flow, now + settings_.timeout - *silence);
    }
}

// How long an entry has been silent. Exact if the kernel reports when the entry was last used. If
// it does not (IPv6 before Linux 6.0), an entry that has counted anything since the last check
// counts as in use until now, and so may stay for up to twice the time. Nothing if there is no such
// entry.
std::optional<std::chrono::milliseconds> StreamKeeper::silence_of(const Flow& flow) {
    const auto idle = kernel_.idle_time(flow);
    if (!idle) {
        return std::nullopt;
    }
    if (*idle) {
        return **idle;
    }
    const auto counters = kernel_.counters(flow);
    if (!counters || state_.streams.find(flow) == nullptr) {
        return std::nullopt;
    }
    const bool silent = state_.streams.has_packets(flow, counters->packets);
    state_.streams.note_packets(flow, counters->packets);
    return silent ? settings_.timeout : std::chrono::milliseconds{0};
}

void StreamKeeper::remove(const Flow& flow, std::string_view why) {
    tell_expired(flow, why);
    state_.streams.erase(flow);
    update(flow);
}

// Called while the entry is still there to be shown.
void StreamKeeper::tell_expired(const Flow& flow, std::string_view why) {
    if (events_.wanted()) {
        Event event = stream_event("expired", state_, flow);
        event.detail = why;
        events_.record(event);
    }
}

void StreamKeeper::update(const Flow& flow) {
    Planner planner(state_);
    update(flow, planner);
}

void StreamKeeper::update(const Flow& flow, Planner& planner) {
    if (const auto op = planner.plan_entry(flow)) {
        // A failure is logged and tried again.
        (void)applier_.apply({&*op, 1});
    }
}

// A stream may move only to an inbound where a rule takes it.
void StreamKeeper::on_elsewhere(const Upcall& upcall, const IfName& inbound, Planner& planner,
                                TimePoint now) {
    const Flow& flow = upcall.flow;
    const Installed::Entry* const entry = state_.installed.find(flow);
    const Slots& slots = state_.slots[index_of(flow.family())];
    if (entry == nullptr || slots.name(entry->iif) == inbound) {
        return;
    }
    if (state_.streams.find(flow) == nullptr) {
        answer(flow, true, inbound, planner, now);
        return;
    }
    confirm(flow);
    if (state_.desired.rules().any_match(inbound, flow)) {
        judge(flow, *state_.streams.find(flow), inbound, now);
    } else {
        look_further(flow, planner);
    }
}

// For a stream that no rule covers where it arrives, only one question matters: does the entry keep
// it from an interface where some rule would take it? Then the entry waits there, on each in turn
// if there are several.
void StreamKeeper::look_further(const Flow& flow, Planner& planner) {
    if (awaits(state_, flow)) {
        const Slot iif = state_.installed.find(flow)->iif;
        const SlotSet others = planner.ruled_inbounds(flow) & ~slot_bit(iif);
        const SlotSet higher = others & ~(slot_bit(iif) - 1);
        if (others != 0) {
            state_.streams.await_on(
                flow, static_cast<Slot>(std::countr_zero(higher != 0 ? higher : others)));
        }
    }
    update(flow, planner);
}

// A stream that is blocked, waits elsewhere, or whose inbound is down loses nothing by moving at
// once. Some of the others are seen on both sides, because a second router or an echoing device
// forwards them as well: the side of their source is the right one. If the unicast routes do not
// tell, the side that carries the stream keeps it, and after a silence the first side gets it back.
// The kernel reports a stream once in 3 s, and its route is looked up each time: changes of the
// routes need not be followed.
void StreamKeeper::judge(const Flow& flow, const Stream& stream, const IfName& inbound,
                         TimePoint now) {
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

bool StreamKeeper::is_down(const IfName& name) const {
    const Interface* const interface = state_.interfaces.find(name);
    return interface == nullptr || !interface->up;
}

StreamKeeper::Side StreamKeeper::side_of_source(const Flow& flow, const IfName& here,
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
void StreamKeeper::watch(const Flow& flow, const IfName& inbound, TimePoint now) {
    const bool is_new = state_.streams.wandering_of(*state_.streams.find(flow)) == nullptr;
    Wandering& wandering = state_.streams.wandering(flow);
    if (is_new) {
        wandering.carried = carried(flow).value_or(0);
        wandering.silent_since = now;
    }
    wandering.seen_on = inbound;
    if (wandering.looks_left == 0) {
        wandering.look_at = now + kLookPause;
        looks_.emplace(wandering.look_at, flow);
    }
    wandering.looks_left = kLooks;
}

void StreamKeeper::look(const Flow& flow, TimePoint now) {
    Wandering& wandering = state_.streams.wandering(flow);
    const auto count = carried(flow);
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
std::chrono::milliseconds StreamKeeper::patience(const Flow& flow, const Wandering& wandering,
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
void StreamKeeper::on_links(TimePoint now) {
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
void StreamKeeper::leave(const Flow& flow, TimePoint now) {
    const IfName& inbound = state_.streams.inbound_of(*state_.streams.find(flow));
    const Wandering& wandering = state_.streams.wandering(flow);
    const bool was_back = wandering.first == inbound;
    move(flow, IfName(*wandering.seen_on),
         was_back ? std::nullopt : std::optional(wandering.first.value_or(inbound)), now);
}

void StreamKeeper::move(const Flow& flow, const IfName& to, const std::optional<IfName>& first,
                        TimePoint now) {
    const IfName from = state_.streams.inbound_of(*state_.streams.find(flow));
    log_notice(compose("{} moved from {} to {}", to_string(flow), from.view(), to.view()));
    state_.streams.note(flow, to);
    if (first) {
        state_.streams.wandering(flow) = {
            .first = first, .carried = carried(flow).value_or(0), .silent_since = now};
    } else {
        state_.streams.forget_wandering(flow);
    }
    update(flow);
    if (events_.wanted()) {
        Event event = stream_event("moved", state_, flow);
        event.was = from.view();
        events_.record(event);
    }
}

// The packets that arrived on the entry's own inbound.
std::optional<uint64_t> StreamKeeper::carried(const Flow& flow) {
    const auto counters = kernel_.counters(flow);
    return counters ? std::optional(counters->carried()) : std::nullopt;
}

}  // namespace smcroute
