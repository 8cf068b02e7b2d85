// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// StarReader: what the kernel has for one (*,G) entry. It can be asked for a group only, and tells
// of one entry then. If a group has several, all entries of the kernel are read, once for each
// reader, unless there are so many that this takes more than some milliseconds.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "kernel/kernel.h"
#include "mcast/installed.h"

namespace smcroute {

class StarReader {
public:
    // Borrows both.
    StarReader(Kernel& kernel, const Installed& installed)
        : kernel_(kernel), installed_(installed) {}

    // As Kernel::entry(), and nothing also if there are too many to read.
    Result<std::optional<FoundEntry>> entry(const Installed::StarKey& key);
    // For where that tells nothing.
    std::optional<FlowCounters> counters(const Installed::StarKey& key);

private:
    // More entries are not read: 10,000 take 7 ms, and the time grows with the square.
    static constexpr size_t kMostRead = 10000;

    bool is_alone(const Address& group) const;
    Result<std::optional<FoundEntry>> find_in_all(const Installed::StarKey& key);

    Kernel& kernel_;
    const Installed& installed_;
    std::array<std::optional<std::vector<FoundEntry>>, kFamilies.size()> all_;
};

}  // namespace smcroute
