// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/routing_sockets.h"

#include <utility>

#include "base/text.h"
#include "kernel/mrt.h"

namespace smcroute {

Result<RoutingSockets> open_routing_sockets(const KernelOptions& options) {
    RoutingSockets sockets;
    for (const Family family : kFamilies) {
        auto fd = open_mrt_socket(family, options.table);
        if (fd) {
            sockets.fds[index_of(family)] = std::move(*fd);
        } else if (fd.error().status == ExitStatus::kNoMulticast) {
            sockets.refusals[index_of(family)] = fd.error();
        } else {
            return fd.error();
        }
    }
    const auto& [refusal4, refusal6] = sockets.refusals;
    if (refusal4 && refusal6) {
        return Error{cat({refusal4->text, "; ", refusal6->text}), ExitStatus::kNoMulticast};
    }
    return sockets;
}

}  // namespace smcroute
