// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/stream_keeper.h"

#include <vector>

#include "base/log.h"
#include "base/text.h"

namespace smcroute {

namespace {

// So many entries are judged in one turn: a few milliseconds.
constexpr size_t kChecksPerTurn = 1000;
// So many blocking entries are asked for their idle time to find one to evict.
constexpr int kEvictionTries = 16;
constexpr std::chrono::milliseconds kInUse{1000};
// Silence of the old inbound before a stream moves, and how often it is looked for after one
// upcall; the kernel sends the next one after 3 s.
constexpr std::chrono::milliseconds kMoveSilence{1000};
constexpr int kMoveLooks = 3;
constexpr std::chrono::seconds kMovePause{3};
constexpr std::chrono::minutes kFullWarningPause{1};

}  // namespace

// Decides from what is desired now, never from the upcall alone: it may have waited in the socket
// while a command or a reload gave its stream another entry.
void StreamKeeper::on_upcalls(std::span<const Upcall> upcalls, TimePoint now) {
    upcalls_ += upcalls.size();
    Planner planner(state_);
    for (const Upcall& upcall : upcalls) {
        const Slots& slots = state_.slots[index_of(upcall.flow.family())];
        const std::optional<IfName>& inbound = slots.name(upcall.slot);
        if (!inbound) {
            continue;
        }
        if (upcall.kind == Upcall::Kind::kNoCache) {
            on_unknown(upcall, *inbound, planner, now);
        } else {
            on_elsewhere(upcall, *inbound, now);
        }
    }
}

void StreamKeeper::on_unknown(const Upcall& upcall, const IfName& inbound, Planner& planner,
                              TimePoint now) {
    const Flow& flow = upcall.flow;
    if (state_.installed.find(flow) != nullptr) {
        // Somebody else may have flushed the table; if not, writing it again does no harm.
        state_.installed.mark_stale(flow);
    } else if (!planner.has_route(flow)) {
        if (state_.streams.find(flow) == nullptr && !make_room()) {
            warn_full(now);
            return;
        }
        take_over(flow, inbound, now);
    }
    update(flow, planner);
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
        if (planner.has_route(flow)) {
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

// The blocking entry that has been idle longest gives way; one that is in use is passed over.
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
    log_warning(cat({count_of(state_.streams.size(), "learned stream"),
                     ": no room for another, new ones are not forwarded"}));
}

void StreamKeeper::forget_all() {
    std::vector<Flow> flows;
    for (const auto& [flow, stream] : state_.streams.all()) {
        flows.push_back(flow);
    }
    for (const Flow& flow : flows) {
        tell_expired(flow, "flushed");
        state_.streams.erase(flow);
    }
    moves_.clear();
    looks_.clear();
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
        const Flow flow = looks_.begin()->second;
        looks_.erase(looks_.begin());
        const auto it = moves_.find(flow);
        if (it != moves_.end()) {
            const Move move = it->second;
            moves_.erase(it);
            look_at_move(flow, move, now);
        }
    }
}

void StreamKeeper::check_silence(const Flow& flow, TimePoint now) {
    const auto silence = silence_of(flow);
    if (!silence || *silence >= settings_.timeout) {
        remove(flow, "silent");
    } else {
        state_.streams.check_at(flow, now + settings_.timeout - *silence);
    }
}

// Exact where the kernel tells when the entry was last used. Where it does not (IPv6 before Linux
// 6.0) an entry that has counted anything since the last check counts as in use until now, and so
// may stay for up to twice the time. Nothing if there is no such entry.
std::optional<std::chrono::milliseconds> StreamKeeper::silence_of(const Flow& flow) {
    const auto idle = kernel_.idle_time(flow);
    if (!idle) {
        return std::nullopt;
    }
    if (*idle) {
        return **idle;
    }
    const auto counters = kernel_.counters(flow);
    const Stream* const stream = state_.streams.find(flow);
    if (!counters || stream == nullptr) {
        return std::nullopt;
    }
    const bool silent = stream->packets == counters->packets;
    state_.streams.note_packets(flow, counters->packets);
    return silent ? settings_.timeout : std::chrono::milliseconds{0};
}

void StreamKeeper::remove(const Flow& flow, std::string_view why) {
    tell_expired(flow, why);
    state_.streams.erase(flow);
    moves_.erase(flow);
    update(flow);
}

// While its entry is still there to be shown.
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

// A stream may move only to where a rule takes it. One that is blocked loses nothing by moving at
// once; one that is forwarded stays as long as its old inbound carries packets.
void StreamKeeper::on_elsewhere(const Upcall& upcall, const IfName& inbound, TimePoint now) {
    const Flow& flow = upcall.flow;
    const Stream* const stream = state_.streams.find(flow);
    const Installed::Entry* const entry = state_.installed.find(flow);
    if (const auto watched = moves_.find(flow); watched != moves_.end()) {
        if (watched->second.to == inbound) {
            watched->second.looks_left = kMoveLooks;  // until the kernel's next word of it
        }
        return;
    }
    if (stream == nullptr || entry == nullptr || stream->inbound == inbound ||
        (stream->moved_at && now < *stream->moved_at + kMovePause) ||
        !state_.desired.rules().any_match(inbound, flow)) {
        return;
    }
    if (entry->outbounds == 0) {
        move(flow, inbound, now);
    } else if (const auto count = carried(flow)) {
        watch_move(flow, {inbound, *count, kMoveLooks}, now);
    }
}

void StreamKeeper::watch_move(const Flow& flow, const Move& move, TimePoint now) {
    moves_.insert_or_assign(flow, move);
    looks_.emplace(now + kMoveSilence, flow);
}

void StreamKeeper::look_at_move(const Flow& flow, Move pending, TimePoint now) {
    const auto count = carried(flow);
    if (state_.streams.find(flow) == nullptr || !count ||
        !state_.desired.rules().any_match(pending.to, flow)) {
        return;
    }
    if (*count == pending.carried) {
        move(flow, pending.to, now);
        return;
    }
    if (--pending.looks_left > 0) {
        pending.carried = *count;
        watch_move(flow, pending, now);
    }
}

void StreamKeeper::move(const Flow& flow, const IfName& to, TimePoint now) {
    const IfName from = state_.streams.find(flow)->inbound;
    log_notice(cat({to_string(flow), " moved from ", from.view(), " to ", to.view()}));
    state_.streams.move(flow, to, now);
    update(flow);
    if (events_.wanted()) {
        Event event = stream_event("moved", state_, flow);
        event.was = from.view();
        events_.record(event);
    }
}

// The packets that came in by the entry's own inbound.
std::optional<uint64_t> StreamKeeper::carried(const Flow& flow) {
    const auto counters = kernel_.counters(flow);
    return counters ? std::optional(counters->packets - counters->wrong_if) : std::nullopt;
}

}  // namespace smcroute
