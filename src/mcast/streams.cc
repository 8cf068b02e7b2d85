// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mcast/streams.h"

#include <algorithm>

#include "base/check.h"

namespace smcroute {

void Streams::note(const Flow& flow, const IfName& inbound) {
    const auto [it, is_new] = all_.try_emplace(flow, Stream{inbound});
    it->second.inbound = inbound;
}

Wandering& Streams::wandering(const Flow& flow) {
    const auto it = all_.find(flow);
    CHECK(it != all_.end());
    std::unique_ptr<Wandering>& wandering = it->second.wandering;
    if (wandering == nullptr) {
        wandering = std::make_unique<Wandering>();
    }
    return *wandering;
}

void Streams::forget_wandering(const Flow& flow) {
    const auto it = all_.find(flow);
    if (it != all_.end()) {
        it->second.wandering.reset();
    }
}

void Streams::note_packets(const Flow& flow, uint64_t packets) {
    const auto it = all_.find(flow);
    if (it != all_.end()) {
        it->second.packets = packets;
    }
}

void Streams::await_on(const Flow& flow, uint8_t slot) {
    const auto it = all_.find(flow);
    if (it != all_.end()) {
        it->second.awaited = slot;
    }
}

void Streams::note_carried_before(const Flow& flow, uint64_t packets) {
    const auto it = all_.find(flow);
    if (it != all_.end()) {
        it->second.carried_before = packets;
    }
}

void Streams::erase(const Flow& flow) {
    const auto it = all_.find(flow);
    if (it == all_.end()) {
        return;
    }
    if (it->second.blocked) {
        blocked_.erase(*it->second.blocked);
    }
    all_.erase(it);
}

const Stream* Streams::find(const Flow& flow) const {
    if (all_.empty()) {
        return nullptr;  // most routers have routes alone
    }
    const auto it = all_.find(flow);
    return it == all_.end() ? nullptr : &it->second;
}

void Streams::check_at(const Flow& flow, TimePoint when) {
    const auto it = all_.find(flow);
    if (it == all_.end()) {
        return;
    }
    it->second.check_at = std::chrono::ceil<std::chrono::milliseconds>(when);
    const auto since = it->second.check_at.time_since_epoch() % kCheckGrain;
    if (since.count() != 0) {
        it->second.check_at += kCheckGrain - since;
    }
    keep_check(flow, it->second.check_at);
    if (checks_kept_ > 2 * all_.size() + kIdleChecks) {
        drop_idle_checks();
    }
}

void Streams::keep_check(const Flow& flow, TimePoint when) {
    checks_[when].push_back(flow);
    ++checks_kept_;
}

// Drops outdated checks: in a flood of streams that come and are evicted they must not pile up
// until they are due.
void Streams::drop_idle_checks() {
    checks_.clear();
    checks_kept_ = 0;
    for (const auto& [flow, stream] : all_) {
        if (stream.check_at != TimePoint{}) {
            keep_check(flow, stream.check_at);
        }
    }
}

std::optional<TimePoint> Streams::next_check() const {
    return checks_.empty() ? std::nullopt : std::optional(checks_.begin()->first);
}

std::vector<Flow> Streams::take_due(TimePoint now, size_t max) {
    std::vector<Flow> due;
    while (!checks_.empty() && checks_.begin()->first <= now && due.size() < max) {
        const TimePoint time = checks_.begin()->first;
        std::vector<Flow>& flows = checks_.begin()->second;
        while (!flows.empty() && due.size() < max) {
            const auto it = all_.find(flows.back());
            if (it != all_.end() && it->second.check_at == time) {
                it->second.check_at = TimePoint{};
                due.push_back(flows.back());
            }
            flows.pop_back();
            --checks_kept_;
        }
        if (flows.empty()) {
            checks_.erase(checks_.begin());
        }
    }
    return due;
}

void Streams::set_blocked(const Flow& flow, bool blocked) {
    const auto it = all_.find(flow);
    if (it == all_.end() || it->second.blocked.has_value() == blocked) {
        return;
    }
    if (blocked) {
        it->second.blocked = blocked_.insert(blocked_.end(), flow);
    } else {
        blocked_.erase(*it->second.blocked);
        it->second.blocked.reset();
    }
}

std::optional<Flow> Streams::first_blocked() const {
    return blocked_.empty() ? std::nullopt : std::optional(blocked_.front());
}

void Streams::pass_over(const Flow& flow) {
    const auto it = all_.find(flow);
    if (it != all_.end() && it->second.blocked) {
        blocked_.splice(blocked_.end(), blocked_, *it->second.blocked);
    }
}

}  // namespace smcroute
