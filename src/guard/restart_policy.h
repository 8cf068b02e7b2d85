// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// RestartPolicy: when a worker that ended is replaced. Usually at once, since nobody answers the
// kernel meanwhile; but a worker that keeps dying must not keep the machine busy. Pure.
#pragma once

#include <algorithm>
#include <chrono>

namespace smcroute {

class RestartPolicy {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;

    // So many workers in a row that had been ready are replaced at once, and then one in kRefill.
    static constexpr int kAtOnce = 60;
    static constexpr std::chrono::seconds kRefill{2};
    // A worker that ends before it is ready is replaced after this delay, doubled each time.
    static constexpr std::chrono::milliseconds kFirstDelay{100};
    static constexpr std::chrono::seconds kLastDelay{30};

    // A worker has ended; returns when the next may start.
    TimePoint next_start(bool was_ready, TimePoint now) {
        if (!was_ready) {
            const Duration delay = std::min<Duration>(kFirstDelay * (1 << unready_), kLastDelay);
            unready_ = std::min(unready_ + 1, 16);
            return now + delay;
        }
        unready_ = 0;
        // Each start at once puts this point further ahead; time catches up with it.
        spent_until_ = std::max(spent_until_, now) + kRefill;
        const TimePoint earliest = spent_until_ - kAtOnce * kRefill;
        return std::max(earliest, now);
    }

    // How many in a row ended before they were ready.
    int unready_in_a_row() const { return unready_; }

private:
    int unready_ = 0;
    TimePoint spent_until_;
};

}  // namespace smcroute
