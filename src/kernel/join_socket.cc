// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/join_socket.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/text.h"
#include "os/descriptors.h"
#include "os/unique_fd.h"

namespace smcroute {

namespace {

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
        // If the interface is gone the kernel refuses to leave a source, but can leave the group;
        // otherwise it would count against the socket's limit for good. The group's other sources
        // are dead too.
        return error == ENODEV ? set_group(MCAST_LEAVE_GROUP, membership) : error;
    }

    bool has(unsigned ifindex, const Flow& flow) const override {
        const bool any_source = flow.source.is_any();
        auto filter = read_filter(ifindex, flow.group, any_source ? 0 : kUsualSources);
        if (filter && !any_source && filter->sources > kUsualSources) {
            filter = read_filter(ifindex, flow.group, filter->sources);
        }
        if (!filter || filter->includes == any_source) {
            return false;
        }
        return any_source || filter->has(flow.source);
    }

private:
    static constexpr uint32_t kUsualSources = 64;

    // The sources of one group on the socket.
    struct Filter {
        std::vector<std::byte> bytes;  // a group_filter
        uint32_t sources = 0;          // how many there are; those that had room are in the bytes
        bool includes = false;         // true: the sources are those joined, not those blocked

        bool has(const Address& source) const {
            const sockaddr_storage wanted = sockaddr_of(source);
            for (size_t at = GROUP_FILTER_SIZE(0); at + sizeof wanted <= bytes.size();
                 at += sizeof wanted) {
                if (memcmp(bytes.data() + at, &wanted, sizeof wanted) == 0) {
                    return true;
                }
            }
            return false;
        }
    };

    std::optional<Filter> read_filter(unsigned ifindex, const Address& group, uint32_t room) const {
        Filter filter{.bytes = std::vector<std::byte>(GROUP_FILTER_SIZE(room))};
        group_filter head;
        memset(&head, 0, sizeof head);  // the padding too
        head.gf_interface = ifindex;
        head.gf_group = sockaddr_of(group);
        head.gf_numsrc = room;
        memcpy(filter.bytes.data(), &head, GROUP_FILTER_SIZE(0));
        auto size = static_cast<socklen_t>(filter.bytes.size());
        if (getsockopt(fd_.get(), level_, MCAST_MSFILTER, filter.bytes.data(), &size) != 0) {
            return std::nullopt;
        }
        memcpy(&head, filter.bytes.data(), GROUP_FILTER_SIZE(0));
        filter.sources = head.gf_numsrc;
        filter.includes = head.gf_fmode == MCAST_INCLUDE;
        return filter;
    }

    template <typename T>
    int set(int option, const T& request) {
        return setsockopt(fd_.get(), level_, option, &request, sizeof request) == 0 ? 0 : errno;
    }

    int set_group(int option, const Membership& membership) {
        group_req request;
        memset(&request, 0, sizeof request);  // the padding too
        request.gr_interface = membership.ifindex;
        request.gr_group = sockaddr_of(membership.flow.group);
        return set(option, request);
    }

    int set_source(int option, const Membership& membership) {
        group_source_req request;
        memset(&request, 0, sizeof request);  // the padding too
        request.gsr_interface = membership.ifindex;
        request.gsr_group = sockaddr_of(membership.flow.group);
        request.gsr_source = sockaddr_of(membership.flow.source);
        return set(option, request);
    }

    const UniqueFd fd_;
    const int level_;
};

}  // namespace

// Reserved for clients, MRDISC on each interface of both families, and the descriptors that any
// process has.
size_t join_ration(size_t limit) {
    constexpr size_t kReserve = 256 + 64 + 64;
    return limit - std::min(kReserve, limit / 2);
}

// The kernel gives the lowest free number, so this number tells how many descriptors are in use.
Result<UniqueFd> open_join_socket(Family family, size_t ration) {
    const int domain = family == Family::kIpv4 ? AF_INET : AF_INET6;
    UniqueFd fd(socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int error = fd ? EMFILE : errno;
    if (fd && static_cast<size_t>(fd.get()) < ration) {
        return fd;
    }
    const std::string_view remedy =
        error == EMFILE ? " (raise the limit: LimitNOFILE=, ulimit -n)" : "";
    return Error{compose("{}{}", strerror(error), remedy), ExitStatus::kSystem};
}

std::optional<Family> join_socket_family(int fd) {
    const int domain = socket_option(fd, SO_DOMAIN);
    if (socket_option(fd, SO_TYPE) != SOCK_DGRAM || (domain != AF_INET && domain != AF_INET6)) {
        return std::nullopt;
    }
    return domain == AF_INET ? Family::kIpv4 : Family::kIpv6;
}

std::unique_ptr<JoinSocket> make_join_socket(UniqueFd fd, Family family) {
    return std::make_unique<UdpJoinSocket>(std::move(fd), family);
}

Result<std::unique_ptr<JoinSocket>> UdpJoinSockets::open(Family family, uint32_t /*id*/) {
    auto fd = open_join_socket(family, ration_);
    if (!fd) {
        return fd.error();
    }
    return make_join_socket(std::move(*fd), family);
}

}  // namespace smcroute
