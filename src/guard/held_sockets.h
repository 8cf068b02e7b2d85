// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// HeldSockets: duplicates of the sockets that hold memberships, by the id that the worker gave
// them, so that no group is left when it dies: the next worker continues with the same sockets.
#pragma once

#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "os/unique_fd.h"

namespace smcroute {

class HeldSockets {
public:
    struct Held {
        std::string name;  // its name in the service manager's store; empty: not stored
        UniqueFd socket;
    };

    HeldSockets() = default;
    HeldSockets(const HeldSockets&) = delete;
    HeldSockets& operator=(const HeldSockets&) = delete;
    // The newest first, as always: see Memberships::~Memberships().
    ~HeldSockets() {
        while (!sockets_.empty()) {
            sockets_.erase(std::prev(sockets_.end()));
        }
    }

    Held& add(uint32_t id, Held held) { return sockets_[id] = std::move(held); }
    // Empty if there is none.
    Held take(uint32_t id) {
        const auto it = sockets_.find(id);
        Held held = it == sockets_.end() ? Held{} : std::move(it->second);
        if (it != sockets_.end()) {
            sockets_.erase(it);
        }
        return held;
    }
    // An id above all existing ones.
    uint32_t next_id() const { return sockets_.empty() ? 1 : sockets_.rbegin()->first + 1; }

    // Calls visit(id, Held&), the oldest first.
    template <typename Visit>
    void for_each(Visit visit) {
        for (auto& [id, held] : sockets_) {
            visit(id, held);
        }
    }
    template <typename Visit>
    void for_each(Visit visit) const {
        for (const auto& [id, held] : sockets_) {
            visit(id, held);
        }
    }

private:
    std::map<uint32_t, Held> sockets_;
};

}  // namespace smcroute
