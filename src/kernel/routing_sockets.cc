// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/routing_sockets.h"

#include <algorithm>
#include <string>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/mroute.h>
#include <linux/mroute6.h>

#include "base/text.h"
#include "kernel/holder.h"
#include "kernel/mrt.h"
#include "os/descriptors.h"

namespace smcroute {

namespace {

bool can_be_left_out(const Error& refusal) {
    return refusal.status == ExitStatus::kNoMulticast || refusal.status == ExitStatus::kUnavailable;
}

// Success if there is a socket now, or the family can do without.
Status open_missing(Family family, const KernelOptions& options, RoutingSockets& sockets) {
    UniqueFd& fd = sockets.fds[index_of(family)];
    std::optional<Error>& refusal = sockets.refusals[index_of(family)];
    if (!options.wants(family)) {
        fd.reset();
        refusal = Error{family == Family::kIpv4 ? "only IPv6 was asked for (-6)"
                                                : "only IPv4 was asked for (-4)",
                        ExitStatus::kOk};
        return {};
    }
    if (fd) {
        return {};
    }
    auto opened = open_mrt_socket(family, options.table);
    if (opened) {
        fd = std::move(*opened);
        refusal.reset();
        return {};
    }
    if (options.is_named(family) || !can_be_left_out(opened.error())) {
        return opened.error();
    }
    refusal = opened.error();
    return {};
}

// The user can fix a table that is taken, but not one that the kernel does not have.
Error both_refused(const Error& refusal4, const Error& refusal6) {
    const ExitStatus status = std::min(refusal4.status, refusal6.status);
    if (refusal4.status == ExitStatus::kUnavailable && refusal6.status == refusal4.status) {
        const std::string holder = find_table_holder(Family::kIpv4);
        if (holder == find_table_holder(Family::kIpv6)) {
            return {compose("{} owns the IPv4 and IPv6 multicast routing tables", holder), status};
        }
    }
    return {compose("{}; {}", refusal4.text, refusal6.text), status};
}

}  // namespace

Result<RoutingSockets> open_routing_sockets(const KernelOptions& options, RoutingSockets given) {
    RoutingSockets sockets = std::move(given);
    for (const Family family : kFamilies) {
        if (const Status status = open_missing(family, options, sockets); !status) {
            return status.error();
        }
    }
    if (const auto& [refusal4, refusal6] = sockets.refusals; refusal4 && refusal6) {
        return both_refused(*refusal4, *refusal6);
    }
    return sockets;
}

bool is_routing_socket(int fd, Family family) {
    const bool v4 = family == Family::kIpv4;
    return socket_option(fd, SO_DOMAIN) == (v4 ? AF_INET : AF_INET6) &&
           socket_option(fd, SO_TYPE) == SOCK_RAW &&
           socket_option(fd, SO_PROTOCOL) == (v4 ? int{IPPROTO_IGMP} : int{IPPROTO_ICMPV6});
}

void end_routing(int fd, Family family) {
    static_assert(MRT_DONE == MRT6_DONE);
    const int none = 0;
    (void)setsockopt(fd, family == Family::kIpv4 ? int{IPPROTO_IP} : int{IPPROTO_IPV6}, MRT_DONE,
                     &none, sizeof none);
}

}  // namespace smcroute
