// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// RtnlSocket: the kernel's link events. It subscribes once; from then on every change is either
// read here or known to be lost.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "kernel/kernel.h"
#include "kernel/rtnl_codec.h"
#include "mcast/interfaces.h"
#include "os/unique_fd.h"

namespace smcroute {

class RtnlSocket {
public:
    static Result<RtnlSocket> create();

    // To poll for reading; not blocking.
    int fd() const { return fd_.get(); }
    // As Kernel::read_links().
    bool read(std::vector<LinkEvent>& events);
    // As Kernel::has_link_news().
    bool has_news() const;

private:
    explicit RtnlSocket(UniqueFd fd) : fd_(std::move(fd)) {}

    UniqueFd fd_;
};

// Every interface of the namespace. Asks through a socket of its own, so that link events and the
// answer do not mix: events that arrive meanwhile are read afterwards and at worst repeat the same.
Result<std::vector<Interface>> dump_interfaces();

// The same with all that a diagnosis wants to know.
Result<std::vector<LinkDetail>> dump_link_details();

// Every entry of one kernel table, in the same way. Takes no privilege.
Result<std::vector<FoundEntry>> dump_entries(Family family, std::optional<uint32_t> table);

}  // namespace smcroute
