// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/membership.h"

#include <cerrno>
#include <cstring>
#include <iterator>

#include "base/text.h"

namespace smcroute {

namespace {

// ENOBUFS is the answer at a limit of groups or sources, ENOMEM where the socket's option memory
// ends, which is the only limit of groups over IPv6.
bool means_full(int error) { return error == ENOBUFS || error == ENOMEM; }

bool means_not_joined(int error) { return error == ENODEV || error == EADDRNOTAVAIL; }

Flow without_source(const Flow& flow) { return {flow.group, Address::any(flow.family())}; }

Error refused(const Membership& membership, int error) {
    std::string text = strerror(error);
    if (means_full(error)) {
        // Even an empty socket takes none.
        const bool v4 = membership.flow.family() == Family::kIpv4;
        text += v4 ? " (raise net.ipv4.igmp_max_memberships, net.ipv4.igmp_max_msf or "
                     "net.core.optmem_max)"
                   : " (raise net.ipv6.mld_max_msf or net.core.optmem_max)";
    }
    return Error{std::move(text), ExitStatus::kSystem};
}

}  // namespace

// The kernel keeps the groups of an interface in a list, the newest in front, and walks it for each
// one that is left: 20,000 take over 10 s in the order of joining, and 0.1 s the other way round.
Memberships::~Memberships() {
    for (Pool& pool : pools_) {
        while (!pool.sockets.empty()) {
            pool.sockets.erase(std::prev(pool.sockets.end()));
        }
    }
}

Status Memberships::join(const Membership& membership) {
    const Key key{membership.ifindex, membership.flow};
    if (held_.contains(key)) {
        return {};
    }
    Pool& pool = pool_of(membership.flow);
    const auto id = membership.flow.source.is_any() ? place(pool, membership, 0)
                                                    : place_source(pool, membership);
    if (!id) {
        return id.error();
    }
    ++pool.sockets[*id].members;
    held_.emplace(key, *id);
    return {};
}

Status Memberships::leave(const Membership& membership) {
    const auto held = held_.find({membership.ifindex, membership.flow});
    if (held == held_.end()) {
        return {};
    }
    Pool& pool = pool_of(membership.flow);
    const SocketId id = held->second;
    const int error = pool.sockets[id].socket->leave(membership);
    if (error != 0 && !means_not_joined(error)) {
        return refused(membership, error);
    }
    held_.erase(held);
    forget(pool, membership, id);
    return {};
}

Memberships::Pool& Memberships::pool_of(const Flow& flow) {
    return pools_[2 * index_of(flow.family()) + (flow.source.is_any() ? 0 : 1)];
}

// Joins on the first socket above `after` that takes it.
Result<Memberships::SocketId> Memberships::place(Pool& pool, const Membership& membership,
                                                 SocketId after) {
    auto id = pool.with_room.upper_bound(after);
    while (id != pool.with_room.end()) {
        const int error = pool.sockets[*id].socket->join(membership);
        if (error == 0) {
            return *id;
        }
        if (!means_full(error)) {
            return refused(membership, error);
        }
        id = pool.with_room.erase(id);
    }
    return place_on_new_socket(pool, membership);
}

Result<Memberships::SocketId> Memberships::place_on_new_socket(Pool& pool,
                                                               const Membership& membership) {
    auto socket = sockets_.open(membership.flow.family());
    if (!socket) {
        return socket.error();
    }
    if (const int error = (*socket)->join(membership)) {
        return refused(membership, error);
    }
    const SocketId id = ++last_id_;
    pool.sockets[id].socket = std::move(*socket);
    pool.with_room.insert(id);
    return id;
}

// A socket that is full of sources of a group may have room for another group, so the group's next
// source goes to a socket above all that have had it: each is tried once, and the group of many
// sources after this one finds them again.
Result<Memberships::SocketId> Memberships::place_source(Pool& pool, const Membership& membership) {
    Sourced& group = sourced_[{membership.ifindex, without_source(membership.flow)}];
    while (!group.with_room.empty()) {
        const auto first = group.with_room.begin();
        const auto socket = pool.sockets.find(*first);
        const int error =
            socket == pool.sockets.end() ? ENOBUFS : socket->second.socket->join(membership);
        if (error == 0) {
            ++group.sources;
            return *first;
        }
        if (!means_full(error)) {
            return refused(membership, error);
        }
        group.with_room.erase(first);
    }
    const auto id = place(pool, membership, group.highest);
    if (id) {
        group.highest = *id;
        group.with_room.insert(*id);
        ++group.sources;
    } else if (group.sources == 0) {
        sourced_.erase({membership.ifindex, without_source(membership.flow)});
    }
    return id;
}

void Memberships::forget(Pool& pool, const Membership& membership, SocketId id) {
    const auto group = sourced_.find({membership.ifindex, without_source(membership.flow)});
    if (!membership.flow.source.is_any() && group != sourced_.end()) {
        group->second.with_room.insert(id);
        if (--group->second.sources == 0) {
            sourced_.erase(group);
        }
    }
    const auto socket = pool.sockets.find(id);
    if (--socket->second.members == 0) {
        pool.with_room.erase(id);
        pool.sockets.erase(socket);
    } else {
        pool.with_room.insert(id);
    }
}

}  // namespace smcroute
