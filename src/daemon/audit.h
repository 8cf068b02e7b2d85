// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Audit: checks whether the kernel holds what is recorded as installed, some entries at a time, and
// counts the differences (SPEC R62). It decides nothing: it records differences as they are, or as
// stale, so that the next plan repairs them.
#pragma once

#include <chrono>
#include <cstddef>
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
    // The pause between what happened and the first part, and between two parts. All entries are
    // checked within five minutes, unless there are very many.
    static constexpr std::chrono::seconds kPause{5};

    // Whether all link events have been read, or some were lost.
    enum class News : uint8_t { kRead, kLost };

    // Borrows all of them.
    Audit(Kernel& kernel, RouterState& state, Applier& applier)
        : kernel_(kernel), state_(state), applier_(applier) {}

    // If the kernel dropped the VIF of an interface that exists, the interface was recreated
    // unnoticed and has none of our memberships either. If link events were lost, this may be true
    // of each interface without a VIF. Deletes the VIFs and leaves the memberships that are, or may
    // be, missing; true if a VIF was deleted.
    bool look_at_interfaces(News news, TimePoint now);

    // Checks the next entries. Returns those that differ; they are stale now.
    std::vector<Flow> look_at_entries(TimePoint now);

    // How many calls of these two it takes until everything has been checked.
    size_t parts() const;

    // How many differences were found so far, and how long ago the last one was.
    uint64_t found() const { return found_; }
    std::optional<std::chrono::seconds> since_last(TimePoint now) const;

private:
    std::vector<DelVif> lost_vifs();
    void add_leaves(News news, std::vector<Op>& ops) const;
    void note(TimePoint now);
    // A part's differing entries, and what the kernel had instead, in words.
    struct Differences {
        std::vector<Flow> flows;
        std::vector<std::string> texts;
    };
    void look_at_sources(Differences& differences);
    void look_at_stars(Differences& differences);
    std::optional<std::string> difference(const Result<std::optional<FoundEntry>>& found,
                                          const Installed::Entry& entry) const;
    bool is_same(const FoundEntry& found, const Installed::Entry& entry) const;
    std::string words_of(const FoundEntry& found) const;
    std::string name_of(unsigned ifindex) const;

    Kernel& kernel_;
    RouterState& state_;
    Applier& applier_;
    std::optional<Flow> seen_;  // the last entry checked in this round
    std::optional<Installed::StarKey> seen_star_;
    uint64_t found_ = 0;
    std::optional<TimePoint> last_found_;
};

}  // namespace smcroute
