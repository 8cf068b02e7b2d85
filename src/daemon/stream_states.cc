// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/stream_states.h"

#include "base/text.h"
#include "daemon/origin_text.h"
#include "view/schema.h"

namespace smcroute {

namespace {

// A stream is called silent from here on.
constexpr std::chrono::seconds kSilence{2};

}  // namespace

std::string StreamStates::text(const StreamLook& look, std::span<const std::string> files) {
    if (!look.is_covered) {
        return uncovered_text(look, files);
    }
    if (look.waits) {
        const Stream* const stream = state_.streams.find(look.flow);
        return compose("wrong inbound: comes by {}", state_.streams.inbound_of(*stream).view());
    }
    if (!look.counters || look.counters->packets == 0) {
        return look.counters ? "no packet yet" : "";
    }
    if (look.idle && *look.idle >= kSilence) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*look.idle);
        return compose("silent {}", age_text(std::to_string(seconds.count())));
    }
    if (look.counters->carried() == 0) {
        return wrong_inbound_text(look);
    }
    const Family family = look.flow.family();
    const SlotSet held = look.entry.outbounds & state_.installed.live(family);
    if ((held & ~look.down) == 0) {
        return held == 0 ? "not leaving: no outbound" : "not leaving: no outbound is up";
    }
    if (!look.idle) {
        return "";  // its packets may be old
    }
    return has_sent(family, held & ~look.down) ? "arrives" : "not leaving (TTL too low?)";
}

std::string StreamStates::uncovered_text(const StreamLook& look,
                                         std::span<const std::string> files) {
    const auto& iif = state_.slots[index_of(look.flow.family())].name(look.entry.iif);
    if (!iif) {
        return "blocked: no rule";
    }
    std::optional<Origin> exception;
    const RuleKey key{IfPattern(*iif), Prefix(look.flow.source), Prefix(look.flow.group)};
    state_.desired.rules().for_each_wider(
        key, [&](const RuleKey& /*wider*/, const Rule& rule) { exception = rule.origin; });
    if (exception) {
        return compose("excepted by {}", origin_text(*exception, files));
    }
    const std::string nearest = nearest_.text(look.flow, *iif, files);
    return nearest.empty() ? "blocked: no rule" : compose("blocked: no rule (nearest {})", nearest);
}

std::string StreamStates::wrong_inbound_text(const StreamLook& look) const {
    const Slot slot = look.entry.seen_by;
    const std::optional<IfName> name =
        slot < kSlotCount ? state_.slots[index_of(look.flow.family())].name(slot) : std::nullopt;
    return name ? compose("wrong inbound: comes by {}", name->view()) : "wrong inbound";
}

bool StreamStates::has_sent(Family family, SlotSet outbounds) {
    SlotSet& sent = sent_[index_of(family)];
    for_each_slot((sent & outbounds) == 0 ? outbounds : 0, [&](Slot slot) {
        const auto counters = kernel_.vif_counters(family, slot);
        const bool has_counters = counters && *counters;
        sent |= !has_counters || (*counters)->packets_out > 0 ? slot_bit(slot) : 0;
    });
    return (sent & outbounds) != 0;
}

}  // namespace smcroute
