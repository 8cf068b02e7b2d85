// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/restart_policy.h"

#include "test.h"

namespace smcroute {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using TimePoint = RestartPolicy::TimePoint;

constexpr TimePoint kNoon{std::chrono::hours{12}};

long long milliseconds_after(TimePoint from, TimePoint to) {
    return std::chrono::duration_cast<milliseconds>(to - from).count();
}

// So many workers that were ready end at this moment.
void spend(RestartPolicy& policy, int workers, TimePoint now) {
    for (int i = 0; i < workers; ++i) {
        (void)policy.next_start(true, now);
    }
}

}  // namespace

TEST(restart_policy_follows_sixty_ready_workers_at_once) {
    RestartPolicy policy;
    for (int i = 0; i < RestartPolicy::kAtOnce; ++i) {
        EXPECT_EQ(milliseconds_after(kNoon, policy.next_start(true, kNoon)), 0);
    }
    EXPECT_EQ(milliseconds_after(kNoon, policy.next_start(true, kNoon)), 2000);
}

TEST(restart_policy_then_starts_one_in_two_seconds_whatever_dies) {
    RestartPolicy policy;
    spend(policy, RestartPolicy::kAtOnce, kNoon);
    TimePoint now = kNoon;
    for (int i = 1; i <= 10; ++i) {
        now = policy.next_start(true, now);
        EXPECT_EQ(milliseconds_after(kNoon, now), 2000 * i);
    }
}

TEST(restart_policy_forgives_one_in_two_seconds) {
    RestartPolicy policy;
    spend(policy, RestartPolicy::kAtOnce, kNoon);
    const TimePoint later = kNoon + seconds(20);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(milliseconds_after(later, policy.next_start(true, later)), 0);
    }
    EXPECT_EQ(milliseconds_after(later, policy.next_start(true, later)), 2000);
}

TEST(restart_policy_saves_up_no_more_than_sixty_however_long_nothing_dies) {
    RestartPolicy policy;
    spend(policy, 1, kNoon);
    const TimePoint later = kNoon + std::chrono::hours(1000);
    spend(policy, RestartPolicy::kAtOnce, later);
    EXPECT_EQ(milliseconds_after(later, policy.next_start(true, later)), 2000);
}

TEST(restart_policy_waits_twice_as_long_after_each_that_was_not_ready_up_to_a_limit) {
    RestartPolicy policy;
    for (const int delay : {100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000}) {
        EXPECT_EQ(milliseconds_after(kNoon, policy.next_start(false, kNoon)), delay);
    }
    for (int i = 0; i < 1000; ++i) {
        EXPECT_EQ(milliseconds_after(kNoon, policy.next_start(false, kNoon)), 30000);
    }
}

TEST(restart_policy_counts_those_not_ready_in_a_row) {
    RestartPolicy policy;
    EXPECT_EQ(policy.unready_in_a_row(), 0);
    (void)policy.next_start(false, kNoon);
    (void)policy.next_start(false, kNoon);
    EXPECT_EQ(policy.unready_in_a_row(), 2);
    (void)policy.next_start(true, kNoon);
    EXPECT_EQ(policy.unready_in_a_row(), 0);
    EXPECT_EQ(milliseconds_after(kNoon, policy.next_start(false, kNoon)), 100);
}

}  // namespace smcroute
