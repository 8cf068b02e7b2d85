// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Audit: looks whether the kernel holds what is recorded as installed, some entries at a time, and
// counts what differs (SPEC R62). It decides nothing: what differs is recorded as it is, or as
// stale, so that the next plan mends it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/applier.h"
#include "kernel/kernel.h"
#include "mcast/planner.h"

namespace smcroute {

class Audit {
public:
    // Between two parts. All entries are seen within the hour, if they are not a great many.
    static constexpr std::chrono::seconds kPause{60};

    // Whether all news of interfaces have been read, or some were lost.
    enum class News : uint8_t { kRead, kLost };

    // Borrows all of them.
    Audit(Kernel& kernel, RouterState& state, Applier& applier)
        : kernel_(kernel), state_(state), applier_(applier) {}

    // An interface whose VIF the kernel let go, though it exists, was made anew without our knowing
    // and has none of our memberships either. If news were lost, that may be so of each interface
    // without a VIF. What is not there, or may not be, is let go; true if a VIF was.
    bool look_at_interfaces(News news, TimePoint now);

    // Those of the next entries that differ; they are stale now.
    std::vector<Flow> look_at_entries(TimePoint now);

    // How many differences were found so far, and how long ago the last.
    uint64_t found() const { return found_; }
    std::optional<std::chrono::seconds> since_last(TimePoint now) const;

private:
    std::vector<DelVif> lost_vifs();
    void add_leaves(News news, std::vector<Op>& ops) const;
    void note(TimePoint now);
    // What the kernel has instead, in words; nothing if it has what is recorded.
    std::optional<std::string> difference(const Flow& flow, const Installed::Entry& entry);
    bool is_same(const FoundEntry& found, const Installed::Entry& entry) const;
    std::string words_of(const FoundEntry& found) const;
    std::string name_of(unsigned ifindex) const;

    Kernel& kernel_;
    RouterState& state_;
    Applier& applier_;
    std::optional<Flow> seen_;  // up to this one in this round
    uint64_t found_ = 0;
    std::optional<TimePoint> last_found_;
};

}  // namespace smcroute
