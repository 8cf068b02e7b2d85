// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// HeldSockets: duplicates of the sockets that hold a worker's memberships, so that no group is left
// when it dies. Those of a worker that has died stay until its successor has joined everything on
// sockets of its own: the kernel counts, so on the network nothing is seen of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "os/unique_fd.h"

namespace smcroute {

class HeldSockets {
public:
    struct Held {
        std::string name;  // in a store of descriptors
        UniqueFd socket;
    };

    HeldSockets() = default;
    HeldSockets(const HeldSockets&) = delete;
    HeldSockets& operator=(const HeldSockets&) = delete;
    // The newest first, as always: see Memberships::~Memberships().
    ~HeldSockets() {
        ++generation_;
        drop_older([](const Held&) {});
    }

    // From here on, ids are those of another worker.
    void begin_generation() { ++generation_; }

    const Held& add(uint32_t id, Held held) {
        return sockets_[{generation_, id}] = std::move(held);
    }
    // Calls dropping(const Held&) before.
    template <typename Visit>
    void drop(uint32_t id, Visit dropping) {
        const auto it = sockets_.find({generation_, id});
        if (it != sockets_.end()) {
            dropping(it->second);
            sockets_.erase(it);
        }
    }
    // Those of earlier generations.
    template <typename Visit>
    void drop_older(Visit dropping) {
        auto it = sockets_.lower_bound({generation_, 0});
        while (it != sockets_.begin()) {
            dropping((--it)->second);
            it = sockets_.erase(it);
        }
    }

    template <typename Visit>
    void for_each(Visit visit) const {
        for (const auto& [key, held] : sockets_) {
            visit(held);
        }
    }

private:
    std::map<std::pair<uint32_t, uint32_t>, Held> sockets_;
    uint32_t generation_ = 0;
};

}  // namespace smcroute
