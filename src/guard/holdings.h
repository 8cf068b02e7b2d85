// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Holdings: everything that would be lost with the guard, under the names by which another guard
// takes it over (guard/handover.h): the routing sockets, on which the kernel's routes depend, the
// sockets that hold memberships, and the estate of the workers. Where a service manager keeps
// descriptors, it has a duplicate of each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

#include "daemon/estate.h"
#include "guard/handover.h"
#include "guard/held_sockets.h"
#include "kernel/routing_sockets.h"
#include "os/notify.h"

namespace smcroute {

class Holdings {
public:
    // Borrows the notifier.
    Holdings(std::optional<uint32_t> table, Notifier& manager) : table_(table), manager_(manager) {}

    // Takes over what was handed over, and opens what was not.
    Status open(Handover& handover);
    // Puts everything into the manager's store but the join sockets, which are there from the
    // moment they are held.
    void store() const;
    // Takes it out again: nobody is to take over.
    void withdraw() const;
    // Only what is desired: who follows, perhaps after a restart, reads the files, as at any start,
    // but finds the kernel as it was left.
    void withdraw_journal() const { manager_.remove(kJournal); }
    // Duplicates of everything, for a program that follows in this process; they stay open in it.
    void hand_over(Handover& handover) const;

    RoutingSockets duplicate_routing() const;
    int journal() const { return journal_.get(); }
    int ledger() const { return ledger_.get(); }

    // A worker's join sockets.
    void begin_generation(pid_t worker);
    void hold(uint32_t id, UniqueFd socket);
    void release(uint32_t id);
    void release_older();

private:
    static constexpr const char* kJournal = "journal";

    std::string routing_name(Family family) const;
    // All but the join sockets, and all.
    template <typename Visit>
    void for_each_own(Visit visit) const;
    template <typename Visit>
    void for_each(Visit visit) const;

    const std::optional<uint32_t> table_;
    Notifier& manager_;
    RoutingSockets routing_;
    UniqueFd journal_;
    UniqueFd ledger_;
    HeldSockets joins_;
    pid_t worker_ = 0;
};

}  // namespace smcroute
