// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/applier.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"

namespace smcroute {

namespace {

// At most so many failures of one plan are logged in full.
constexpr size_t kLoggedFailures = 10;

// A long plan is confirmed in parts, so that few entries must be remembered.
constexpr size_t kConfirmedAtOnce = 1024;

bool changes_vifs(const Op& op) {
    return std::get_if<AddVif>(&op) != nullptr || std::get_if<DelVif>(&op) != nullptr;
}

std::string name_in(const Slots& slots, Slot slot) {
    const std::optional<IfName>& name = slots.name(slot);
    return name ? to_string(*name) : compose("slot {}", slot);
}

}  // namespace

Reply reply_of(const ApplyResult& result) {
    if (result) {
        return {};
    }
    return reply_of(
        Error{compose("{} (kept, and tried again until it succeeds)", result.first->text),
              result.first->status});
}

ApplyResult Applier::apply(std::span<const Op> ops) {
    ApplyResult result;
    for (const Op& op : ops) {
        const Status status = apply_one(op);
        if (status) {
            continue;
        }
        ++failures_;
        if (result.failed++ < kLoggedFailures) {
            log_err(status.error().text);
        }
        if (!result.first) {
            result.first = status.error();
        }
    }
    if (std::any_of(ops.begin(), ops.end(), changes_vifs)) {
        count_blocked();
    }
    if (result.failed > kLoggedFailures) {
        log_err(compose("and {}", count_of(result.failed - kLoggedFailures, "more failure")));
    }
    return result;
}

void Applier::update(const Flow& flow, Planner& planner) {
    if (const auto op = planner.plan_entry(flow)) {
        (void)apply({&*op, 1});
    }
}

Status Applier::apply_one(const Op& op) {
    const Status status = carry_out(op);
    if (!status) {
        return Error{compose("cannot {}: {}", describe(op), status.error().text),
                     status.error().status};
    }
    const auto* const put = std::get_if<PutEntry>(&op);
    const Stream* const stream = put != nullptr ? state_.streams.find(put->flow) : nullptr;
    const Installed::Entry* const entry =
        stream != nullptr ? state_.installed.find(put->flow) : nullptr;
    const auto before = entry != nullptr ? std::optional(*entry) : std::nullopt;
    const Installed::Entry* const now = state_.installed.record(op);
    // A (*,G) entry needs the VIF of its iif, too.
    if (put != nullptr && (put->ttls != Ttls{} || put->flow.source.is_any())) {
        note_unconfirmed(put->flow);
    }
    if (log_enabled(LogLevel::kDebug)) {
        log_line(LogLevel::kDebug, outcome(op));
    }
    if (stream != nullptr && is_routed(*put)) {
        state_.streams.erase(put->flow);
    } else if (stream != nullptr) {
        note_stream(*stream, *now, before);
    }
    return {};
}

void Applier::note_unconfirmed(const Flow& flow) {
    unconfirmed_.push_back(flow);
    if (unconfirmed_.size() % kConfirmedAtOnce == 0) {
        confirm();
    }
}

void Applier::confirm() {
    if (!unconfirmed_.empty() && !behind_news_ && !kernel_.has_link_news()) {
        unconfirmed_.clear();
    }
}

std::vector<Flow> Applier::distrust_unconfirmed() {
    for (const Flow& flow : unconfirmed_) {
        state_.installed.mark_stale(flow);
    }
    return std::exchange(unconfirmed_, {});
}

// A (*,G) entry without the VIF of its iif would take no packets, and a successor could not tell
// which one it is. The ledger has a VIF from before it is added to the kernel until after it is
// deleted there.
Status Applier::carry_out(const Op& op) {
    const auto* const put = std::get_if<PutEntry>(&op);
    if (put != nullptr && put->flow.source.is_any() &&
        !state_.installed.vif(put->flow.family(), put->iif)) {
        return Error{compose("{} takes no part in routing yet",
                             name_in(state_.slots[index_of(put->flow.family())], put->iif))};
    }
    const auto* const add = std::get_if<AddVif>(&op);
    if (add != nullptr) {
        ledger_.before(*add, state_.installed);
    }
    Status status = kernel_.apply(op);
    if (add != nullptr) {
        ledger_.after(*add, static_cast<bool>(status));
    } else if (const auto* const del = std::get_if<DelVif>(&op); del != nullptr && status) {
        ledger_.after(*del, state_.installed);
    }
    return status;
}

// Whether an exact route asked for this entry.
bool Applier::is_routed(const PutEntry& put) const {
    const Desired::Route* const route = state_.desired.find(put.flow);
    return route != nullptr &&
           state_.slots[index_of(put.flow.family())].find(*route->path->inbound.name()) == put.iif;
}

// A stream whose entry waits elsewhere is not forwarded yet: it counts as blocked.
void Applier::note_stream(const Stream& stream, const Installed::Entry& now,
                          const std::optional<Installed::Entry>& before) {
    const Flow& flow = stream.flow();
    const bool was_blocked = stream.blocked() || (before && before->outbounds == 0);
    const bool is_awaited = awaits(state_, stream, now);
    if (is_awaited && before && before->iif != now.iif) {
        const auto counters = kernel_.counters(flow);
        state_.streams.note_carried_before(flow, counters ? counters->carried() : 0);
    }
    const bool blocked = now.outbounds == 0 || is_awaited;
    state_.streams.set_blocked(flow, blocked);
    if (!before || was_blocked != blocked) {
        tell_stream(flow, now, blocked);
    }
}

void Applier::tell_stream(const Flow& flow, const Installed::Entry& entry, bool blocked) {
    if (events_.wanted()) {
        events_.record(stream_event(blocked ? "blocked" : "learned", state_, flow));
    }
    if (blocked) {
        return;
    }
    if (log_enabled(LogLevel::kInfo)) {
        log_info(compose("learned {}", entry_text(flow, entry.iif, entry.outbounds)));
    }
    hooks_.installed(flow);
}

// For when outbounds of entries have gone, or are back.
void Applier::count_blocked() {
    state_.streams.for_each([this](const Stream& stream) {
        const Flow& flow = stream.flow();
        const Installed::Entry* const entry = state_.installed.find(flow);
        const SlotSet live = state_.installed.live(flow.family());
        state_.streams.set_blocked(flow, entry == nullptr || (entry->outbounds & live) == 0 ||
                                             awaits(state_, stream, *entry));
    });
}

std::string Applier::outcome(const Op& op) const {
    const auto* const put = std::get_if<PutEntry>(&op);
    return put == nullptr ? describe_done(op)
                          : entry_text(put->flow, put->iif, outbounds_of(put->ttls));
}

// "(1.2.3.4, 225.1.2.3) from eth0 to eth1 eth2".
std::string Applier::entry_text(const Flow& flow, Slot iif, SlotSet outbounds) const {
    const Slots& slots = state_.slots[index_of(flow.family())];
    std::string text = compose("{} from {}", to_string(flow), name_in(slots, iif));
    text += outbounds == 0 ? " blocked" : " to";
    for_each_slot(outbounds, [&](Slot slot) { text += compose(" {}", name_in(slots, slot)); });
    return text;
}

}  // namespace smcroute
