// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mrdisc/announcer.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "test.h"

namespace smcroute {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using TimePoint = Announcer::TimePoint;
using Lines = std::vector<std::string>;

constexpr TimePoint kStart{std::chrono::hours(1)};
constexpr seconds kInterval{20};
// Enough to see both ends of a random range.
constexpr uint32_t kSeeds = 300;

Interface interface(std::string_view name, unsigned ifindex, bool up = true) {
    return {.name = *IfName::parse(name), .ifindex = ifindex, .up = up, .multicast = true};
}

// "4 of 2: advertisement 20", for IPv4 on ifindex 2.
Lines lines(const std::vector<Announcement>& messages) {
    Lines result;
    for (const auto& [port, message] : messages) {
        const bool termination = message.type == MrdiscMessage::Type::kTermination;
        result.push_back(
            compose("{}{}{}", port.family == Family::kIpv4 ? "4 of " : "6 of ", port.ifindex,
                    termination ? ": termination"
                                : ": advertisement " + std::to_string(message.interval_s)));
    }
    return result;
}

// One interface, announced over IPv4 since kStart.
struct OnePort {
    explicit OnePort(uint32_t seed = 1, seconds interval = kInterval) : announcer(interval, seed) {
        announcer.set_interfaces(Family::kIpv4, {interface("eth0", 2)}, kStart);
    }

    // Lets time pass to the next deadline; when that was.
    TimePoint next() {
        const TimePoint when = announcer.deadline().value_or(TimePoint());
        EXPECT_EQ(lines(announcer.on_deadline(when)).size(), 1U);
        return when;
    }
    TimePoint after_initial() {
        next();
        next();
        return next();
    }
    void solicit(TimePoint now) { announcer.on_solicitation({Family::kIpv4, 2}, now); }

    Announcer announcer;
};

struct Range {
    void add(Announcer::Duration value) {
        low = std::min(low, value);
        high = std::max(high, value);
    }
    // Within [from, to], and filling most of it.
    bool spans(Announcer::Duration from, Announcer::Duration to) const {
        const auto slack = (to - from) / 20;
        return low >= from && low <= from + slack && high <= to && high >= to - slack;
    }

    Announcer::Duration low = Announcer::Duration::max();
    Announcer::Duration high = Announcer::Duration::min();
};

}  // namespace

TEST(announcer_without_interfaces_has_nothing_to_do) {
    Announcer announcer(kInterval, 1);
    EXPECT(!announcer.deadline());
    EXPECT(announcer.set_interfaces(Family::kIpv4, {}, kStart).empty());
    EXPECT(!announcer.deadline());
    EXPECT(announcer.on_deadline(kStart).empty());
    EXPECT(announcer.stop().empty());
}

TEST(announcer_speaks_first_after_a_random_time_below_two_seconds) {
    Range first;
    for (uint32_t seed = 0; seed < kSeeds; ++seed) {
        first.add(*OnePort(seed * 7919).announcer.deadline() - kStart);
    }
    EXPECT(first.spans(seconds(0), seconds(2)));
}

TEST(announcer_says_its_interval) {
    OnePort port(1, seconds(180));
    EXPECT_EQ(lines(port.announcer.on_deadline(*port.announcer.deadline())),
              Lines{"4 of 2: advertisement 180"});
}

TEST(announcer_says_nothing_before_its_time) {
    OnePort port;
    EXPECT(port.announcer.on_deadline(*port.announcer.deadline() - milliseconds(1)).empty());
    EXPECT_EQ(lines(port.announcer.on_deadline(*port.announcer.deadline())).size(), 1U);
}

TEST(announcer_sends_three_times_two_seconds_apart_and_then_by_its_interval) {
    OnePort port;
    const TimePoint first = port.next();
    const TimePoint second = port.next();
    const TimePoint third = port.next();
    EXPECT(second - first == seconds(2));
    EXPECT(third - second == seconds(2));
    EXPECT(port.next() - third > seconds(19));
}

TEST(announcer_interval_varies_by_a_fortieth_to_either_side) {
    for (const seconds interval : {seconds(4), seconds(20), seconds(180)}) {
        OnePort port(1, interval);
        TimePoint last = port.after_initial();
        Range pauses;
        for (uint32_t i = 0; i < kSeeds; ++i) {
            const TimePoint next = port.next();
            pauses.add(next - last);
            last = next;
        }
        EXPECT(pauses.spans(interval - milliseconds(interval) / 40,
                            interval + milliseconds(interval) / 40));
    }
}

TEST(announcer_that_wakes_late_sends_once) {
    OnePort port;
    const TimePoint late = kStart + std::chrono::hours(2);
    EXPECT_EQ(lines(port.announcer.on_deadline(late)), Lines{"4 of 2: advertisement 20"});
    EXPECT(port.announcer.on_deadline(late).empty());
    EXPECT(*port.announcer.deadline() > late);
}

TEST(announcer_goes_on_undisturbed_when_interfaces_are_set_again) {
    OnePort port;
    const TimePoint last = port.after_initial();
    const auto deadline = port.announcer.deadline();
    EXPECT(port.announcer
               .set_interfaces(Family::kIpv4, {interface("new0", 2), interface("eth9", 9, false)},
                               last + seconds(1))
               .empty());
    EXPECT(port.announcer.deadline() == deadline);
}

TEST(announcer_handles_each_family_by_itself) {
    OnePort port;
    port.after_initial();
    const TimePoint now = *port.announcer.deadline() - seconds(3);
    port.announcer.set_interfaces(Family::kIpv6, {interface("eth0", 2)}, now);
    EXPECT(*port.announcer.deadline() <= now + seconds(2));
    EXPECT_EQ(lines(port.announcer.on_deadline(now + seconds(2))),
              Lines{"6 of 2: advertisement 20"});
    EXPECT_EQ(lines(port.announcer.set_interfaces(Family::kIpv4, {}, now)),
              Lines{"4 of 2: termination"});
    EXPECT_EQ(lines(port.announcer.stop()), Lines{"6 of 2: termination"});
}

TEST(announcer_says_goodbye_to_an_interface_that_is_no_longer_wanted) {
    Announcer announcer(kInterval, 1);
    announcer.set_interfaces(Family::kIpv4, {interface("eth0", 2), interface("eth1", 3)}, kStart);
    EXPECT_EQ(lines(announcer.set_interfaces(Family::kIpv4, {interface("eth1", 3)}, kStart)),
              Lines{"4 of 2: termination"});
    EXPECT_EQ(lines(announcer.on_deadline(kStart + seconds(2))), Lines{"4 of 3: advertisement 20"});
}

TEST(announcer_is_silent_on_an_interface_that_is_down_and_starts_anew_when_it_is_up) {
    OnePort port;
    const TimePoint now = port.after_initial();
    EXPECT(
        port.announcer.set_interfaces(Family::kIpv4, {interface("eth0", 2, false)}, now).empty());
    EXPECT(!port.announcer.deadline());
    EXPECT(port.announcer.stop().empty());
    port.announcer.set_interfaces(Family::kIpv4, {interface("eth0", 2)}, now);
    EXPECT(port.next() <= now + seconds(2));
    const TimePoint second = port.next();
    EXPECT(port.next() - second == seconds(2));
}

TEST(announcer_treats_a_new_ifindex_under_an_old_name_as_a_new_interface) {
    OnePort port;
    const TimePoint now = port.after_initial();
    EXPECT_EQ(lines(port.announcer.set_interfaces(Family::kIpv4, {interface("eth0", 7)}, now)),
              Lines{"4 of 2: termination"});
    EXPECT_EQ(lines(port.announcer.on_deadline(now + seconds(2))),
              Lines{"4 of 7: advertisement 20"});
}

TEST(announcer_says_goodbye_everywhere_when_it_stops) {
    OnePort port;
    port.announcer.set_interfaces(Family::kIpv6, {interface("eth0", 2)}, kStart);
    EXPECT_EQ(lines(port.announcer.stop()), (Lines{"4 of 2: termination", "6 of 2: termination"}));
    EXPECT(!port.announcer.deadline());
    EXPECT(port.announcer.stop().empty());
}

TEST(announcer_answers_a_solicitation_after_a_random_time_below_two_seconds) {
    Range delay;
    for (uint32_t seed = 0; seed < kSeeds; ++seed) {
        OnePort port(seed * 7919);
        const TimePoint now = port.after_initial() + seconds(10);
        port.solicit(now);
        delay.add(port.next() - now);
    }
    EXPECT(delay.spans(seconds(0), seconds(2)));
}

TEST(announcer_starts_its_interval_anew_after_an_answer) {
    OnePort port;
    port.solicit(port.after_initial() + seconds(10));
    const TimePoint answer = port.next();
    EXPECT(port.next() - answer > seconds(19));
}

TEST(announcer_answers_many_solicitations_once) {
    OnePort port;
    const TimePoint now = port.after_initial() + seconds(10);
    port.solicit(now);
    const auto deadline = port.announcer.deadline();
    for (int i = 0; i < 100; ++i) {
        port.solicit(now + milliseconds(i));
    }
    EXPECT(port.announcer.deadline() == deadline);
}

TEST(announcer_under_a_flood_answers_at_most_once_a_second_and_never_late) {
    OnePort port;
    TimePoint last = port.after_initial();
    TimePoint now = last;
    for (int i = 0; i < 60'000; ++i) {
        now += milliseconds(1);
        port.solicit(now);
        if (!port.announcer.on_deadline(now).empty()) {
            EXPECT(now - last >= seconds(1));
            EXPECT(now - last <= seconds(2) + milliseconds(2));
            last = now;
        }
    }
    EXPECT(now - last <= seconds(2));
}

TEST(announcer_needs_no_answer_when_an_advertisement_is_due_anyway) {
    OnePort port;
    port.after_initial();
    const TimePoint deadline = *port.announcer.deadline();
    port.solicit(deadline - milliseconds(1900));
    EXPECT(port.announcer.deadline() == deadline);
}

TEST(announcer_ignores_solicitations_where_it_announces_nothing) {
    OnePort port;
    const TimePoint now = port.after_initial() + seconds(10);
    const auto deadline = port.announcer.deadline();
    port.announcer.on_solicitation({Family::kIpv6, 2}, now);
    port.announcer.on_solicitation({Family::kIpv4, 3}, now);
    EXPECT(port.announcer.deadline() == deadline);
}

}  // namespace smcroute
