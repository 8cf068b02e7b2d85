// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mrdisc/announcer.h"

#include <algorithm>

namespace smcroute {

namespace {

using Type = MrdiscMessage::Type;

// AdvertisementJitter of RFC 4286: 0.025 of the interval, in both directions.
constexpr int kJitterDivisor = 40;

Announcement termination(const MrdiscPort& port) { return {port, {.type = Type::kTermination}}; }

}  // namespace

std::vector<Announcement> Announcer::set_interfaces(Family family,
                                                    const std::vector<Interface>& interfaces,
                                                    TimePoint now) {
    std::vector<Announcement> messages;
    std::erase_if(ports_, [&](const auto& entry) {
        const MrdiscPort& port = entry.first;
        const auto it = std::find_if(interfaces.begin(), interfaces.end(),
                                     [&](const auto& i) { return i.ifindex == port.ifindex; });
        if (port.family != family || (it != interfaces.end() && it->up)) {
            return false;
        }
        if (it == interfaces.end()) {
            messages.push_back(termination(port));
        }
        return true;
    });
    for (const Interface& interface : interfaces) {
        const MrdiscPort port{family, interface.ifindex};
        if (interface.up && !ports_.contains(port)) {
            ports_[port].next = now + random_up_to(kMaxInitialInterval);
        }
    }
    return messages;
}

// The next advertisement is the answer; if it is far off, it is moved forward.
void Announcer::on_solicitation(const MrdiscPort& port, TimePoint now) {
    const auto it = ports_.find(port);
    if (it == ports_.end()) {
        return;
    }
    Schedule& schedule = it->second;
    if (schedule.next <= now + kMaxResponseDelay) {
        return;
    }
    schedule.next = now + random_up_to(kMaxResponseDelay);
    if (schedule.last) {
        schedule.next = std::max(schedule.next, *schedule.last + kMinSpacing);
    }
}

std::optional<Announcer::TimePoint> Announcer::deadline() const {
    std::optional<TimePoint> first;
    for (const auto& [port, schedule] : ports_) {
        first = first ? std::min(*first, schedule.next) : schedule.next;
    }
    return first;
}

std::vector<Announcement> Announcer::on_deadline(TimePoint now) {
    std::vector<Announcement> messages;
    for (auto& [port, schedule] : ports_) {
        if (schedule.next > now) {
            continue;
        }
        messages.push_back({port,
                            {.type = Type::kAdvertisement,
                             .interval_s = static_cast<uint8_t>(interval_.count())}});
        schedule.initial_left = std::max(0, schedule.initial_left - 1);
        schedule.last = now;
        const Duration pause = random_interval();
        schedule.next =
            now +
            (schedule.initial_left > 0 ? std::min<Duration>(pause, kMaxInitialInterval) : pause);
    }
    return messages;
}

std::vector<Announcement> Announcer::stop() {
    std::vector<Announcement> messages;
    for (const auto& [port, schedule] : ports_) {
        messages.push_back(termination(port));
    }
    ports_.clear();
    return messages;
}

Announcer::Duration Announcer::random_up_to(Duration limit) {
    constexpr double kSpan = std::minstd_rand::max() - std::minstd_rand::min();
    const double part = static_cast<double>(random_() - std::minstd_rand::min()) / kSpan;
    return std::chrono::duration_cast<Duration>(part * std::chrono::duration<double>(limit));
}

Announcer::Duration Announcer::random_interval() {
    const Duration jitter = Duration(interval_) / kJitterDivisor;
    return interval_ - jitter + random_up_to(2 * jitter);
}

}  // namespace smcroute
