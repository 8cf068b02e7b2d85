// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Announcer: when to announce a multicast router on which link (RFC 4286). A value that is told of
// interfaces, solicitations and time, and returns the messages to send now; it has no sockets and
// no timers.
//
// IPv4 and IPv6 on one interface are two independent ports. A port is identified by its ifindex, so
// a new interface under an old name starts anew, and a renamed one goes on.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "mcast/address.h"
#include "mcast/interfaces.h"
#include "mrdisc/mrdisc_codec.h"

namespace smcroute {

struct MrdiscPort {
    Family family = Family::kIpv4;
    unsigned ifindex = 0;

    friend auto operator<=>(const MrdiscPort&, const MrdiscPort&) = default;
};

// A message to send out of a port.
struct Announcement {
    MrdiscPort port;
    MrdiscMessage message;

    friend bool operator==(const Announcement&, const Announcement&) = default;
};

class Announcer {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;

    // RFC 4286 names these and sets their bounds.
    static constexpr std::chrono::seconds kMinInterval{4};
    static constexpr std::chrono::seconds kMaxInterval{180};
    static constexpr std::chrono::seconds kMaxInitialInterval{2};
    static constexpr int kMaxInitialAdvertisements = 3;
    static constexpr std::chrono::seconds kMaxResponseDelay{2};
    // An answer comes no sooner than this after any other advertisement on its port, so that a
    // flood of solicitations causes no flood of answers. It is less than kMaxResponseDelay, so it
    // makes no answer late.
    static constexpr std::chrono::seconds kMinSpacing{1};

    // The interval is between the two bounds. Routers that start together need different seeds.
    Announcer(std::chrono::seconds interval, uint32_t seed) : interval_(interval), random_(seed) {}

    // Sets the interfaces that should have a port of this family. An interface that is down has no
    // port: it is silent, and starts anew when it is up again. Returns a termination for each port
    // whose interface is no longer among them.
    std::vector<Announcement> set_interfaces(Family family,
                                             const std::vector<Interface>& interfaces,
                                             TimePoint now);

    // A solicitation was received. The answer comes at a deadline.
    void on_solicitation(const MrdiscPort& port, TimePoint now);

    // When on_deadline() must be called; nothing while there are no ports.
    std::optional<TimePoint> deadline() const;
    std::vector<Announcement> on_deadline(TimePoint now);

    // Ends all ports and returns a termination for each.
    std::vector<Announcement> stop();

private:
    struct Schedule {
        TimePoint next;                 // time of the next advertisement, whatever its reason
        std::optional<TimePoint> last;  // time of the last one
        int initial_left = kMaxInitialAdvertisements;
    };

    // Evenly distributed from 0 to `limit`.
    Duration random_up_to(Duration limit);
    // The configured interval with jitter.
    Duration random_interval();

    std::chrono::seconds interval_;
    std::minstd_rand random_;
    std::map<MrdiscPort, Schedule> ports_;
};

}  // namespace smcroute
