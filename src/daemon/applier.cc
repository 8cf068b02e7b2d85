// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/applier.h"

#include "base/log.h"
#include "base/text.h"

namespace smcroute {

namespace {

// So many failures of one plan are logged in full.
constexpr size_t kLoggedFailures = 10;

std::string name_in(const Slots& slots, Slot slot) {
    const std::optional<IfName>& name = slots.name(slot);
    return name ? to_string(*name) : cat({"slot ", std::to_string(slot)});
}

}  // namespace

Reply reply_of(const ApplyResult& result) {
    if (result) {
        return {};
    }
    return reply_of(Error{cat({result.first->text, " (kept, and tried again until it succeeds)"}),
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
    if (result.failed > kLoggedFailures) {
        log_err(cat({"and ", count_of(result.failed - kLoggedFailures, "more failure")}));
    }
    return result;
}

Status Applier::apply_one(const Op& op) {
    const Status status = carry_out(op);
    if (!status) {
        return Error{cat({"cannot ", describe(op), ": ", status.error().text}),
                     status.error().status};
    }
    const auto* const put = std::get_if<PutEntry>(&op);
    const bool is_stream = put != nullptr && state_.desired.find(put->flow) == nullptr;
    const Installed::Entry* const entry = is_stream ? state_.installed.find(put->flow) : nullptr;
    const auto before = entry != nullptr ? std::optional(entry->outbounds) : std::nullopt;
    state_.installed.record(op);
    if (log_enabled(LogLevel::kDebug)) {
        log_line(LogLevel::kDebug, outcome(op));
    }
    if (is_stream) {
        note_stream(*put, before);
    }
    return {};
}

// VIFs are in the ledger before they are in the kernel, and until after they are not.
Status Applier::carry_out(const Op& op) {
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

void Applier::note_stream(const PutEntry& put, std::optional<SlotSet> before) {
    const Installed::Entry* const now = state_.installed.find(put.flow);
    CHECK(now != nullptr);
    const bool blocked = now->outbounds == 0;
    state_.streams.set_blocked(put.flow, blocked);
    if (before && (*before == 0) == blocked) {
        return;
    }
    if (events_.wanted()) {
        events_.record(stream_event(blocked ? "blocked" : "learned", state_, put.flow));
    }
    if (blocked) {
        return;
    }
    if (log_enabled(LogLevel::kInfo)) {
        log_info(cat({"learned ", outcome(put)}));
    }
    hooks_.installed(put.flow);
}

// "(1.2.3.4, 225.1.2.3) from eth0 to eth1 eth2" for an entry, else the op in words.
std::string Applier::outcome(const Op& op) const {
    const auto* const put = std::get_if<PutEntry>(&op);
    if (put == nullptr) {
        return cat({"done: ", describe(op)});
    }
    const Slots& slots = state_.slots[index_of(put->flow.family())];
    std::string text = cat({to_string(put->flow), " from ", name_in(slots, put->iif)});
    const SlotSet outbounds = outbounds_of(put->ttls);
    text += outbounds == 0 ? " blocked" : " to";
    for_each_slot(outbounds, [&](Slot slot) { text += cat({" ", name_in(slots, slot)}); });
    return text;
}

}  // namespace smcroute
