// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// HeldDescriptors: everything that would be lost with the guard, under the names by which another
// guard takes it over (guard/handover.h): the routing sockets, on which the kernel's routes depend,
// the sockets that hold memberships, and the workers' saved state. If a service manager keeps
// descriptors, it has a duplicate of each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/reply.h"
#include "daemon/saved_state.h"
#include "guard/handover.h"
#include "guard/held_sockets.h"
#include "kernel/routing_sockets.h"
#include "os/notify.h"

namespace smcroute {

class HeldDescriptors {
public:
    // Borrows the notifier.
    HeldDescriptors(const KernelOptions& options, Notifier& manager)
        : options_(options), manager_(manager) {}

    // Takes over what was handed over and is genuine, and opens the rest.
    Status open(Handover& handover);
    // Repairs what the last worker may have left in any state; must be called before the next
    // worker is started. A routing table that it gave up is opened again.
    Status renew();
    // Puts everything into the manager's store, and from now on each new join socket, up to a
    // limit: the manager compares each with all others.
    void store();
    // Removes everything from the store: there will be no successor.
    void withdraw() const;
    // Removes only what is desired: a successor, perhaps after a restart, reads the files as at any
    // start, but finds the kernel as it was left.
    void withdraw_journal() const { manager_.remove(kJournal); }
    // Everything, for the next program in this process.
    void hand_over(std::vector<NamedDescriptor>& all) const;

    RoutingSockets duplicate_routing() const;
    int journal() const { return journal_.get(); }
    int ledger() const { return ledger_.get(); }

    int record() const { return record_.get(); }
    // Sorted by id. Borrowed.
    std::vector<std::pair<uint32_t, int>> joins() const;

    void hold(uint32_t id, UniqueFd socket);
    void release(uint32_t id);

private:
    Status open_missing_sockets();
    void store_own();
    void take_joins(Handover& handover);
    void store_join(uint32_t id, HeldSockets::Held& held);
    // All except the join sockets.
    template <typename Visit>
    void for_each_own(Visit visit) const;

    const KernelOptions options_;
    Notifier& manager_;
    RoutingSockets routing_;
    UniqueFd journal_;
    UniqueFd ledger_;
    UniqueFd record_;
    HeldSockets joins_;
    size_t joins_stored_ = 0;
    bool storing_ = false;
    bool told_of_bound_ = false;
};

}  // namespace smcroute
