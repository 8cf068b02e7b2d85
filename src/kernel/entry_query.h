// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// EntryQuery: asks the kernel about one entry, or one unicast route, at a time over rtnetlink. The
// kernel answers within the call that asks, so nothing waits.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "kernel/entry_codec.h"
#include "kernel/kernel.h"
#include "mcast/route.h"
#include "os/unique_fd.h"

namespace smcroute {

class EntryQuery {
public:
    static Result<EntryQuery> create(std::optional<uint32_t> table);

    // As Kernel::entry() and idle_time().
    Result<std::optional<FoundEntry>> entry(const Flow& flow);
    Result<std::optional<std::chrono::milliseconds>> idle_time(const Flow& flow);
    // As Kernel::unicast_route(). The routes of a VRF are not asked: for a source that only they
    // know, the answer is empty, or what the main table gives.
    std::vector<unsigned> unicast_route(const Address& address);

private:
    EntryQuery(UniqueFd fd, std::optional<uint32_t> table) : fd_(std::move(fd)), table_(table) {}

    // Returns the answer whose number is that of the last question, sequence_.
    Result<RouteAnswer> ask(std::span<const std::byte> request, Family family);

    UniqueFd fd_;
    std::optional<uint32_t> table_;
    uint32_t sequence_ = 0;
};

}  // namespace smcroute
