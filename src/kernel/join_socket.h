// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// UdpJoinSockets: the real sockets behind Memberships. An unbound UDP socket holds memberships and
// is never given any data. Interfaces are given by ifindex; they may be down or without an address.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "kernel/membership.h"
#include "os/unique_fd.h"

namespace smcroute {

// The most descriptors that a process with the limit `limit` may have in use when it opens another
// join socket. The rest is reserved for everything else it must be able to open, clients first.
size_t join_ration(size_t limit);

// If it would exceed that ration, the error says what to do.
Result<UniqueFd> open_join_socket(Family family, size_t ration);
std::unique_ptr<JoinSocket> make_join_socket(UniqueFd fd, Family family);
// The family, if the descriptor is such a socket, whoever opened it; else nothing.
std::optional<Family> join_socket_family(int fd);

class UdpJoinSockets final : public JoinSockets {
public:
    explicit UdpJoinSockets(size_t ration) : ration_(ration) {}

    Result<std::unique_ptr<JoinSocket>> open(Family family, uint32_t id) override;
    std::optional<GroupUsers> group_users(Family family) override {
        return group_lists_.read(family);
    }

private:
    const size_t ration_;
    GroupLists group_lists_;
};

}  // namespace smcroute
