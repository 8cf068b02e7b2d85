// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// HeldSockets: duplicates of the sockets that hold a worker's memberships, so that no group is left
// when it dies. Those of a worker that has died stay until its successor has joined everything on
// sockets of its own: the kernel counts, so on the network nothing is seen of it.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <utility>

#include "os/unique_fd.h"

namespace smcroute {

class HeldSockets {
public:
    HeldSockets() = default;
    HeldSockets(const HeldSockets&) = delete;
    HeldSockets& operator=(const HeldSockets&) = delete;
    // The newest first, as always: see Memberships::~Memberships().
    ~HeldSockets() {
        ++generation_;
        drop_older();
    }

    // From here on, ids are those of another worker.
    void begin_generation() { ++generation_; }

    void add(uint32_t id, UniqueFd socket) { sockets_[{generation_, id}] = std::move(socket); }
    void drop(uint32_t id) { sockets_.erase({generation_, id}); }
    // Those of earlier generations.
    void drop_older() {
        auto it = sockets_.lower_bound({generation_, 0});
        while (it != sockets_.begin()) {
            it = sockets_.erase(std::prev(it));
        }
    }

    size_t size() const { return sockets_.size(); }

private:
    std::map<std::pair<uint32_t, uint32_t>, UniqueFd> sockets_;
    uint32_t generation_ = 0;
};

}  // namespace smcroute
