// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/join_socket.h"

#include <cerrno>
#include <cstring>

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/text.h"
#include "os/unique_fd.h"

namespace smcroute {

namespace {

sockaddr_storage to_sockaddr(const Address& address) {
    sockaddr_storage storage{};
    if (address.family() == Family::kIpv4) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        memcpy(&in.sin_addr, address.ipv4().data(), sizeof in.sin_addr);
        memcpy(&storage, &in, sizeof in);
    } else {
        sockaddr_in6 in6{};
        in6.sin6_family = AF_INET6;
        memcpy(&in6.sin6_addr, address.ipv6().data(), sizeof in6.sin6_addr);
        memcpy(&storage, &in6, sizeof in6);
    }
    return storage;
}

class UdpJoinSocket final : public JoinSocket {
public:
    UdpJoinSocket(UniqueFd fd, Family family)
        : fd_(std::move(fd)), level_(family == Family::kIpv4 ? IPPROTO_IP : IPPROTO_IPV6) {}

    int join(const Membership& membership) override {
        return membership.flow.source.is_any() ? set_group(MCAST_JOIN_GROUP, membership)
                                               : set_source(MCAST_JOIN_SOURCE_GROUP, membership);
    }

    int leave(const Membership& membership) override {
        if (membership.flow.source.is_any()) {
            return set_group(MCAST_LEAVE_GROUP, membership);
        }
        const int error = set_source(MCAST_LEAVE_SOURCE_GROUP, membership);
        // Where the interface is gone the kernel refuses to leave a source, but leaves the group;
        // it would count against the socket's limit for good otherwise. Its other sources are as
        // dead.
        return error == ENODEV ? set_group(MCAST_LEAVE_GROUP, membership) : error;
    }

private:
    template <typename T>
    int set(int option, const T& request) {
        return setsockopt(fd_.get(), level_, option, &request, sizeof request) == 0 ? 0 : errno;
    }

    int set_group(int option, const Membership& membership) {
        group_req request;
        memset(&request, 0, sizeof request);  // the padding too
        request.gr_interface = membership.ifindex;
        request.gr_group = to_sockaddr(membership.flow.group);
        return set(option, request);
    }

    int set_source(int option, const Membership& membership) {
        group_source_req request;
        memset(&request, 0, sizeof request);  // the padding too
        request.gsr_interface = membership.ifindex;
        request.gsr_group = to_sockaddr(membership.flow.group);
        request.gsr_source = to_sockaddr(membership.flow.source);
        return set(option, request);
    }

    const UniqueFd fd_;
    const int level_;
};

}  // namespace

Result<UniqueFd> open_join_socket(Family family) {
    const int domain = family == Family::kIpv4 ? AF_INET : AF_INET6;
    UniqueFd fd(socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd) {
        const std::string_view remedy =
            errno == EMFILE ? " (raise the limit: LimitNOFILE=, ulimit -n)" : "";
        return Error{cat({strerror(errno), remedy}), ExitStatus::kSystem};
    }
    return fd;
}

std::unique_ptr<JoinSocket> make_join_socket(UniqueFd fd, Family family) {
    return std::make_unique<UdpJoinSocket>(std::move(fd), family);
}

Result<std::unique_ptr<JoinSocket>> UdpJoinSockets::open(Family family) {
    auto fd = open_join_socket(family);
    if (!fd) {
        return fd.error();
    }
    return make_join_socket(std::move(*fd), family);
}

}  // namespace smcroute
