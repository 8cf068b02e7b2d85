// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Memberships: the groups this daemon has joined, spread over as many sockets as needed, since the
// kernel lets one socket join only so many groups (20 over IPv4) and sources of a group (10). The
// limits are found by trying, never assumed. The sockets are behind a small interface, so that the
// spreading is tested without a kernel.
//
// Any-source and source-specific joins live on different sockets: a source-specific join on a
// socket with an any-source join of that group succeeds and silently turns it into a join of that
// source only.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "kernel/group_list.h"
#include "kernel/join_record.h"
#include "kernel/kernel.h"
#include "mcast/op.h"

namespace smcroute {

class JoinSocket {
public:
    virtual ~JoinSocket() = default;

    // Returns 0 or an errno. Closing the socket leaves everything.
    virtual int join(const Membership& membership) = 0;
    virtual int leave(const Membership& membership) = 0;
    // Whether it was joined on this socket and not left; true even if the interface has gone.
    virtual bool has(unsigned ifindex, const Flow& flow) const = 0;
};

// What a predecessor left.
struct JoinLegacy {
    struct Socket {
        Family family = Family::kIpv4;
        std::unique_ptr<JoinSocket> socket;
    };
    std::map<uint32_t, Socket> sockets = {};  // by the id they were opened with
    int record = -1;                          // for JoinRecord
    bool trusted = true;                      // whether the record is trusted
};

class JoinSockets {
public:
    virtual ~JoinSockets() = default;

    // The id is never used twice, not even by a successor.
    virtual Result<std::unique_ptr<JoinSocket>> open(Family family, uint32_t id) = 0;
    // Called once.
    virtual JoinLegacy inherited() { return {}; }
    // Nothing if the kernel does not report it.
    virtual std::optional<GroupUsers> group_users(Family family) = 0;
};

class Memberships {
public:
    // `sockets` must outlive this.
    explicit Memberships(JoinSockets& sockets) : Memberships(sockets, sockets.inherited()) {}
    // Leaves everything, the newest socket first.
    ~Memberships();
    Memberships(const Memberships&) = delete;
    Memberships& operator=(const Memberships&) = delete;

    // Joining what is joined, leaving what is not, and leaving on an interface that is gone are
    // successes. The errors are clauses, see Kernel::apply().
    Status join(const Membership& membership);
    Status leave(const Membership& membership);

    // As Kernel::adopt_memberships() and the two functions after it.
    std::vector<FoundMembership> adopt();
    void release_strangers();
    std::vector<FoundMembership> lost() const;

    size_t size() const { return held_.size(); }

private:
    // An id is never used twice, so that the id of a closed socket is known to be stale.
    using SocketId = uint32_t;
    using Strangers = std::map<SocketId, JoinLegacy::Socket>;

    struct Socket {
        std::unique_ptr<JoinSocket> socket;
        uint32_t members = 0;
    };

    // The sockets of one family and kind. `with_room` are the sockets that have not refused another
    // group since one was left on them.
    struct Pool {
        std::map<SocketId, Socket> sockets;
        std::set<SocketId> with_room;
    };

    // A group with sources. Its sockets are all at or below `highest`; those in `with_room` have
    // not refused another source.
    struct Sourced {
        std::set<SocketId> with_room;
        SocketId highest = 0;
        uint32_t sources = 0;
    };

    // Where a membership is held.
    struct Held {
        SocketId socket = 0;
        JoinRecord::Place place = 0;
    };

    // Without the name, which may change. In the key of a group with sources, `flow` has any
    // source.
    using Key = FoundMembership;
    struct HashKey {
        size_t operator()(const Key& key) const noexcept {
            return std::hash<Flow>{}(key.flow) * 31 + key.ifindex;
        }
    };

    Memberships(JoinSockets& sockets, JoinLegacy inherited)
        : sockets_(sockets),
          record_(inherited.record),
          record_trusted_(inherited.trusted),
          strangers_(std::move(inherited.sockets)) {}

    Pool& pool_of(const Flow& flow);
    bool adopt_one(const JoinRecord::Entry& entry);
    int join_on(JoinSocket& socket, const Membership& membership, Held& held);
    Result<Held> place(Pool& pool, const Membership& membership, SocketId after);
    Result<Held> place_on_new_socket(Pool& pool, const Membership& membership);
    Result<Held> place_source(Pool& pool, const Membership& membership);
    void note_source(const Key& key, SocketId id);
    void forget(Pool& pool, const Membership& membership, SocketId id);
    // How many of our sockets have each group.
    GroupUsers own_users() const;
    std::vector<FoundMembership> lost_of(Family family, const GroupUsers& own) const;

    JoinSockets& sockets_;
    JoinRecord record_;
    bool record_trusted_;
    Strangers strangers_;  // a predecessor's sockets that are not adopted
    std::array<Pool, 4> pools_;
    std::unordered_map<Key, Held, HashKey> held_;
    std::unordered_map<Key, Sourced, HashKey> sourced_;
    SocketId last_id_ = 0;
};

}  // namespace smcroute
