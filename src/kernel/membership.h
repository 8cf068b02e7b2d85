// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Memberships: the groups this daemon has joined, spread over as many sockets as that takes, for
// the kernel lets one socket join only so many groups (20 over IPv4) and sources of a group (10).
// How many is found out by asking, never assumed. The sockets are behind a small interface, so that
// the spreading is tested without a kernel.
//
// Any-source and source-specific joins live on different sockets: a source-specific join on a
// socket with an any-source join of that group succeeds and silently turns it into one of that
// source only.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include "base/result.h"
#include "mcast/op.h"

namespace smcroute {

class JoinSocket {
public:
    virtual ~JoinSocket() = default;

    // 0 or an errno. Closing the socket leaves everything.
    virtual int join(const Membership& membership) = 0;
    virtual int leave(const Membership& membership) = 0;
};

class JoinSockets {
public:
    virtual ~JoinSockets() = default;

    virtual Result<std::unique_ptr<JoinSocket>> open(Family family) = 0;
};

class Memberships {
public:
    // `sockets` must outlive this.
    explicit Memberships(JoinSockets& sockets) : sockets_(sockets) {}
    // Leaves everything, the newest socket first.
    ~Memberships();
    Memberships(const Memberships&) = delete;
    Memberships& operator=(const Memberships&) = delete;

    // Joining what is joined, leaving what is not, and leaving where the interface is gone are
    // successes. The errors are clauses as Kernel::apply() wants them.
    Status join(const Membership& membership);
    Status leave(const Membership& membership);

    size_t size() const { return held_.size(); }

private:
    // Never used twice, so that one of a closed socket is known to be stale.
    using SocketId = uint32_t;

    struct Socket {
        std::unique_ptr<JoinSocket> socket;
        uint32_t members = 0;
    };

    // The sockets of one family and kind. `with_room` are those that have not refused a further
    // group since one was left on them.
    struct Pool {
        std::map<SocketId, Socket> sockets;
        std::set<SocketId> with_room;
    };

    // A group with sources. Its sockets are all at or below `highest`; `with_room` are those among
    // them that have not refused a further source.
    struct Sourced {
        std::set<SocketId> with_room;
        SocketId highest = 0;
        uint32_t sources = 0;
    };

    // Without the name, which may change. As the key of a group with sources, `flow` has any
    // source.
    struct Key {
        unsigned ifindex = 0;
        Flow flow;

        friend bool operator==(const Key&, const Key&) = default;
    };
    struct HashKey {
        size_t operator()(const Key& key) const noexcept {
            return std::hash<Flow>{}(key.flow) * 31 + key.ifindex;
        }
    };

    Pool& pool_of(const Flow& flow);
    Result<SocketId> place(Pool& pool, const Membership& membership, SocketId after);
    Result<SocketId> place_on_new_socket(Pool& pool, const Membership& membership);
    Result<SocketId> place_source(Pool& pool, const Membership& membership);
    void forget(Pool& pool, const Membership& membership, SocketId id);

    JoinSockets& sockets_;
    std::array<Pool, 4> pools_;
    std::unordered_map<Key, SocketId, HashKey> held_;
    std::unordered_map<Key, Sourced, HashKey> sourced_;
    SocketId last_id_ = 0;
};

}  // namespace smcroute
