// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "kernel/membership.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <set>

#include "base/log.h"
#include "base/text.h"

namespace smcroute {

namespace {

// The kernel answers ENOBUFS at a limit of groups or sources, and ENOMEM when the socket's option
// memory is used up, which is the only limit of groups over IPv6.
bool means_full(int error) { return error == ENOBUFS || error == ENOMEM; }

bool means_not_joined(int error) { return error == ENODEV || error == EADDRNOTAVAIL; }

Flow without_source(const Flow& flow) { return {flow.group, Address::any(flow.family())}; }

Error refused(const Membership& membership, int error) {
    std::string text = strerror(error);
    if (means_full(error)) {
        // Even an empty socket cannot take it.
        const bool v4 = membership.flow.family() == Family::kIpv4;
        text += v4 ? " (raise net.ipv4.igmp_max_memberships, net.ipv4.igmp_max_msf or "
                     "net.core.optmem_max)"
                   : " (raise net.ipv6.mld_max_msf or net.core.optmem_max)";
    }
    return Error{std::move(text), ExitStatus::kSystem};
}

// The newest first: see the destructor below.
template <typename Sockets>
void close_all(Sockets& sockets) {
    while (!sockets.empty()) {
        sockets.erase(std::prev(sockets.end()));
    }
}

}  // namespace

// The kernel keeps the groups of an interface in a list, the newest in front, and walks it for each
// group that is left: 20,000 take over 10 s in the order of joining, and 0.1 s in reverse order.
Memberships::~Memberships() {
    for (Pool& pool : pools_) {
        close_all(pool.sockets);
    }
    close_all(strangers_);
}

std::vector<FoundMembership> Memberships::adopt() {
    if (!record_trusted_) {
        record_.clear();
    }
    std::vector<FoundMembership> adopted;
    for (const JoinRecord::Entry& entry : record_.read()) {
        last_id_ = std::max(last_id_, entry.socket);
        if (adopt_one(entry)) {
            adopted.push_back({entry.ifindex, entry.flow});
        } else {
            record_.remove(entry.place);
        }
    }
    if (!strangers_.empty()) {
        last_id_ = std::max(last_id_, strangers_.rbegin()->first);
    }
    return adopted;
}

// The record may say too much (kernel/join_record.h), and others may have written it: the socket
// decides.
bool Memberships::adopt_one(const JoinRecord::Entry& entry) {
    Pool& pool = pool_of(entry.flow);
    const Key key{entry.ifindex, entry.flow};
    const auto known = pool.sockets.find(entry.socket);
    const auto stranger = strangers_.find(entry.socket);
    const bool is_ours = known != pool.sockets.end();
    if (held_.contains(key) || (!is_ours && (stranger == strangers_.end() ||
                                             stranger->second.family != entry.flow.family()))) {
        return false;
    }
    auto& socket = is_ours ? known->second.socket : stranger->second.socket;
    if (!socket->has(entry.ifindex, entry.flow)) {
        // After this the socket does not have it, even if the kernel does not report memberships of
        // an interface that is gone.
        (void)socket->leave({entry.ifindex, *IfName::parse("?"), entry.flow});
        return false;
    }
    if (!is_ours) {
        pool.sockets[entry.socket].socket = std::move(socket);
        pool.with_room.insert(entry.socket);
        strangers_.erase(stranger);
    }
    ++pool.sockets[entry.socket].members;
    held_.emplace(key, Held{entry.socket, entry.place});
    if (!entry.flow.source.is_any()) {
        note_source({entry.ifindex, without_source(entry.flow)}, entry.socket);
    }
    return true;
}

void Memberships::release_strangers() { close_all(strangers_); }

// The kernel lists its groups page by page, and skips one if another was left meanwhile: two
// readings have to agree.
std::vector<FoundMembership> Memberships::lost() const {
    const GroupUsers own = own_users();
    std::vector<FoundMembership> lost;
    for (const Family family : kFamilies) {
        std::vector<FoundMembership> first = lost_of(family, own);
        if (first.empty()) {
            continue;
        }
        std::vector<FoundMembership> second = lost_of(family, own);
        std::sort(first.begin(), first.end());
        std::sort(second.begin(), second.end());
        std::set_intersection(first.begin(), first.end(), second.begin(), second.end(),
                              std::back_inserter(lost));
    }
    return lost;
}

// If an interface has gone, the sockets still have its memberships, and the next interface with
// that ifindex has none. The group may be there because of another process, so its sockets are
// counted.
std::vector<FoundMembership> Memberships::lost_of(Family family, const GroupUsers& own) const {
    std::vector<FoundMembership> lost;
    const auto users = sockets_.group_users(family);
    if (!users) {
        return lost;
    }
    for (const auto& [key, held] : held_) {
        const InterfaceGroup group{key.ifindex, key.flow.group};
        const auto has = users->find(group);
        const unsigned count = has == users->end() ? 0 : has->second;
        if (key.flow.family() == family && count < own.find(group)->second) {
            lost.push_back(key);
        }
    }
    return lost;
}

GroupUsers Memberships::own_users() const {
    GroupUsers own;
    std::set<std::pair<InterfaceGroup, SocketId>> counted;
    for (const auto& [key, held] : held_) {
        const InterfaceGroup group{key.ifindex, key.flow.group};
        // One socket may have a group with sources several times.
        if (key.flow.source.is_any() || counted.emplace(group, held.socket).second) {
            ++own[group];
        }
    }
    return own;
}

Status Memberships::join(const Membership& membership) {
    const Key key{membership.ifindex, membership.flow};
    if (held_.contains(key)) {
        return {};
    }
    Pool& pool = pool_of(membership.flow);
    const auto held = membership.flow.source.is_any() ? place(pool, membership, 0)
                                                      : place_source(pool, membership);
    if (!held) {
        return held.error();
    }
    ++pool.sockets[held->socket].members;
    held_.emplace(key, *held);
    return {};
}

Status Memberships::leave(const Membership& membership) {
    const auto it = held_.find({membership.ifindex, membership.flow});
    if (it == held_.end()) {
        return {};
    }
    Pool& pool = pool_of(membership.flow);
    const Held held = it->second;
    const int error = pool.sockets[held.socket].socket->leave(membership);
    if (error != 0 && !means_not_joined(error)) {
        return refused(membership, error);
    }
    record_.remove(held.place);
    held_.erase(it);
    forget(pool, membership, held.socket);
    return {};
}

Memberships::Pool& Memberships::pool_of(const Flow& flow) {
    return pools_[2 * index_of(flow.family()) + (flow.source.is_any() ? 0 : 1)];
}

// Returns 0 or an errno. The record never has a membership too few, whatever happens here.
int Memberships::join_on(JoinSocket& socket, const Membership& membership, Held& held) {
    const auto place = record_.add(held.socket, membership.ifindex, membership.flow);
    if (!place) {
        log_err(place.error().text);
        return ENOSPC;
    }
    const int error = socket.join(membership);
    if (error != 0) {
        record_.remove(*place);
    }
    held.place = *place;
    return error;
}

// Joins on the first socket above `after` that takes it.
Result<Memberships::Held> Memberships::place(Pool& pool, const Membership& membership,
                                             SocketId after) {
    auto id = pool.with_room.upper_bound(after);
    while (id != pool.with_room.end()) {
        Held held{.socket = *id};
        const int error = join_on(*pool.sockets[*id].socket, membership, held);
        if (error == 0) {
            return held;
        }
        if (!means_full(error)) {
            return refused(membership, error);
        }
        id = pool.with_room.erase(id);
    }
    return place_on_new_socket(pool, membership);
}

Result<Memberships::Held> Memberships::place_on_new_socket(Pool& pool,
                                                           const Membership& membership) {
    Held held{.socket = ++last_id_};
    auto socket = sockets_.open(membership.flow.family(), held.socket);
    if (!socket && !strangers_.empty()) {
        // The predecessor's sockets may use up all the room there is.
        release_strangers();
        socket = sockets_.open(membership.flow.family(), held.socket);
    }
    if (!socket) {
        return socket.error();
    }
    if (const int error = join_on(**socket, membership, held)) {
        return refused(membership, error);
    }
    pool.sockets[held.socket].socket = std::move(*socket);
    pool.with_room.insert(held.socket);
    return held;
}

// A socket that is full of sources of one group may still have room for another group. So the
// group's next source goes to a socket above all that have had the group: each socket is tried
// once, and the next group with many sources finds them again.
Result<Memberships::Held> Memberships::place_source(Pool& pool, const Membership& membership) {
    const Key key{membership.ifindex, without_source(membership.flow)};
    Sourced& group = sourced_[key];
    while (!group.with_room.empty()) {
        Held held{.socket = *group.with_room.begin()};
        const auto socket = pool.sockets.find(held.socket);
        const int error = socket == pool.sockets.end()
                              ? ENOBUFS
                              : join_on(*socket->second.socket, membership, held);
        if (error == 0) {
            ++group.sources;
            return held;
        }
        if (!means_full(error)) {
            return refused(membership, error);
        }
        group.with_room.erase(group.with_room.begin());
    }
    const auto held = place(pool, membership, group.highest);
    if (held) {
        note_source(key, held->socket);
    } else if (group.sources == 0) {
        sourced_.erase(key);
    }
    return held;
}

void Memberships::note_source(const Key& key, SocketId id) {
    Sourced& group = sourced_[key];
    group.highest = std::max(group.highest, id);
    group.with_room.insert(id);
    ++group.sources;
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
