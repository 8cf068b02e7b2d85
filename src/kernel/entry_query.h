// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// EntryQuery: asks the kernel about one entry at a time over rtnetlink. A question is answered
// within the call that asks it, so nothing waits.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "mcast/route.h"
#include "os/unique_fd.h"

namespace smcroute {

class EntryQuery {
public:
    static Result<EntryQuery> create(std::optional<uint32_t> table);

    // As Kernel::idle_time().
    Result<std::optional<std::chrono::milliseconds>> idle_time(const Flow& flow);

private:
    EntryQuery(UniqueFd fd, std::optional<uint32_t> table) : fd_(std::move(fd)), table_(table) {}

    UniqueFd fd_;
    std::optional<uint32_t> table_;
    uint32_t sequence_ = 0;
};

}  // namespace smcroute
