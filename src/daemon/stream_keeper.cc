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
    const bool is_learned = !(has_stream && has_entry) && !planner.has_route(flow);
    if (is_learned) {
        if (!has_stream && !make_room()) {
            warn_full(now);
            return;
        }
        take_over(flow, inbound, now);
        if (has_entry) {
            state_.streams.set_blocked(flow, true);  // it was not forwarded before
        }
    }
    std::optional<Op> op = planner.plan_entry(flow);
    const auto* const put = op ? std::get_if<PutEntry>(&*op) : nullptr;
    const Slots& slots = state_.slots[index_of(flow.family())];
    if (is_learned && (put == nullptr || slots.name(put->iif) != inbound)) {
        choose_awaited(flow, inbound, planner);
        op = planner.plan_entry(flow);
    }
    if (op) {
        (void)applier_.apply({&*op, 1});  // a failure is logged and tried again
    }
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
    const Stream* const stream = state_.streams.find(flow);
    const Installed::Entry* const entry = stream != nullptr ? state_.installed.find(flow) : nullptr;
    if (entry == nullptr || !awaits(state_, *stream, *entry)) {
        return;
    }
    const auto count = kernel_.carried(flow);
    if (!count || *count == state_.streams.carried_before(*stream)) {
        return;
    }
    state_.streams.note(flow, *state_.slots[index_of(flow.family())].name(entry->iif));
    applier_.note_stream(*stream, *entry, *entry);
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
    mover_.forget_all();
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
    const std::optional<TimePoint> check = state_.streams.next_check();
    const std::optional<TimePoint> look = mover_.deadline();
    return check && look ? std::min(check, look) : check ? check : look;
}

void StreamKeeper::on_deadline(TimePoint now) {
    for (const Flow& flow : state_.streams.take_due(now, kChecksPerTurn)) {
        check_silence(flow, now);
    }
    mover_.on_deadline(now);
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
    Planner planner(state_);
    applier_.update(flow, planner);
}

// Called while the entry is still there to be shown.
void StreamKeeper::tell_expired(const Flow& flow, std::string_view why) {
    if (events_.wanted()) {
        Event event = stream_event("expired", state_, flow);
        event.detail = why;
        events_.record(event);
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
        mover_.judge(flow, inbound, now);
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
    applier_.update(flow, planner);
}

}  // namespace smcroute
