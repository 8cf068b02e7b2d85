// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/routing_sockets.h"

#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/text.h"
#include "kernel/mrt.h"

namespace smcroute {

Result<RoutingSockets> open_routing_sockets(const KernelOptions& options, RoutingSockets given) {
    RoutingSockets sockets = std::move(given);
    for (const Family family : kFamilies) {
        if (sockets.fds[index_of(family)]) {
            continue;
        }
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

bool is_routing_socket(int fd, Family family) {
    const auto get = [fd](int option) {
        int value = -1;
        socklen_t size = sizeof value;
        return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
    };
    const bool v4 = family == Family::kIpv4;
    return get(SO_DOMAIN) == (v4 ? AF_INET : AF_INET6) && get(SO_TYPE) == SOCK_RAW &&
           get(SO_PROTOCOL) == (v4 ? int{IPPROTO_IGMP} : int{IPPROTO_ICMPV6});
}

}  // namespace smcroute
