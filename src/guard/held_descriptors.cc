// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/held_descriptors.h"

#include <utility>

#include <fcntl.h>

#include "base/log.h"
#include "base/text.h"
#include "kernel/mrt.h"
#include "os/descriptors.h"
#include "os/memory_file.h"

namespace smcroute {

namespace {

// At most so many join sockets are in the manager's store.
constexpr size_t kMostStored = 256;

Result<UniqueFd> taken_or_new(Handover& handover, const char* name) {
    UniqueFd taken = handover.take(name);
    return taken ? Result<UniqueFd>(std::move(taken))
                 : create_memory_file(compose("smcroute-{}", name).c_str());
}

}  // namespace

template <typename Visit>
void HeldDescriptors::for_each_own(Visit visit) const {
    const auto visit_open = [&visit](const std::string& name, const UniqueFd& fd) {
        if (fd) {
            visit(name, fd);
        }
    };
    for (const Family family : kFamilies) {
        visit_open(routing_name(family, options_.table), routing_.fds[index_of(family)]);
    }
    visit_open(kJournal, journal_);
    visit_open(kLedger, ledger_);
    visit_open(kRecord, record_);
}

Status HeldDescriptors::open(Handover& handover) {
    for (const Family family : kFamilies) {
        if (!options_.wants(family)) {
            continue;
        }
        UniqueFd& fd = routing_.fds[index_of(family)];
        fd = handover.take(routing_name(family, options_.table));
        if (fd) {
            renew_mrt_socket(fd.get(), family);
        }
    }
    if (const Status status = open_missing_sockets(); !status) {
        return status;
    }
    for (const auto& [name, file] : {std::pair(kJournal, &journal_), std::pair(kLedger, &ledger_),
                                     std::pair(kRecord, &record_)}) {
        auto taken = taken_or_new(handover, name);
        if (!taken) {
            return taken.error();
        }
        *file = std::move(*taken);
    }
    take_joins(handover);
    // An orphan and the service manager may both have handed over the same descriptors.
    for_each_own([&handover](const std::string& name, const UniqueFd&) {
        while (handover.take(name)) {
        }
    });
    return {};
}

Status HeldDescriptors::open_missing_sockets() {
    // Uses duplicates: if a missing socket cannot be opened, the existing ones can still be handed
    // on.
    auto routing = open_routing_sockets(options_, duplicate_routing());
    if (!routing) {
        return routing.error();
    }
    routing_ = std::move(*routing);
    return {};
}

Status HeldDescriptors::renew() {
    bool all_there = true;
    for (const Family family : kFamilies) {
        UniqueFd& fd = routing_.fds[index_of(family)];
        if (fd && !owns_table(fd.get(), family, options_.table)) {
            log_err(
                compose("the worker has given up the {} multicast routing table: opening it again",
                        to_string(family)));
            manager_.remove(routing_name(family, options_.table));
            fd.reset();
            all_there = false;
        } else if (fd) {
            renew_mrt_socket(fd.get(), family);
        }
    }
    for (const UniqueFd* const file : {&journal_, &ledger_, &record_}) {
        fcntl(file->get(), F_SETFL, 0);
    }
    const Status opened = all_there ? Status() : open_missing_sockets();
    if (opened && !all_there && storing_) {
        store_own();
    }
    return opened;
}

// Join sockets without an id in their name have no record either: they get new ids, and are
// released when all that is wanted has been joined anew.
void HeldDescriptors::take_joins(Handover& handover) {
    std::vector<HeldSockets::Held> others;
    for (auto& [name, fd] : handover.take_all(kJoin)) {
        std::string_view number = name;
        const bool is_stored = !number.starts_with(kKeptJoin);
        number.remove_prefix(is_stored ? kJoin.size() : kKeptJoin.size());
        HeldSockets::Held held{is_stored ? name : "", std::move(fd)};
        joins_stored_ += is_stored ? 1 : 0;
        if (const auto id = parse_number<uint32_t>(number)) {
            joins_.add(*id, std::move(held));
        } else {
            others.push_back(std::move(held));
        }
    }
    for (HeldSockets::Held& held : others) {
        joins_.add(joins_.next_id(), std::move(held));
    }
}

void HeldDescriptors::store_own() {
    for_each_own(
        [this](const std::string& name, const UniqueFd& fd) { manager_.store(name, fd.get()); });
}

// Our own come first: without them the join sockets are of no use.
void HeldDescriptors::store() {
    store_own();
    storing_ = true;
    joins_.for_each([this](uint32_t id, HeldSockets::Held& held) { store_join(id, held); });
}

void HeldDescriptors::store_join(uint32_t id, HeldSockets::Held& held) {
    if (!held.name.empty() || !storing_ || !manager_.active()) {
        return;
    }
    if (joins_stored_ == kMostStored) {
        if (!std::exchange(told_of_bound_, true)) {
            log_notice(
                compose("the service manager keeps {} of the sockets that hold groups: after a "
                        "restart, the groups of the others are joined anew (with a higher "
                        "net.ipv4.igmp_max_memberships there are more in each)",
                        kMostStored));
        }
        return;
    }
    ++joins_stored_;
    held.name = join_name(kJoin, id);
    manager_.store(held.name, held.socket.get());
}

void HeldDescriptors::withdraw() const {
    for_each_own([this](const std::string& name, const UniqueFd&) { manager_.remove(name); });
    joins_.for_each([this](uint32_t, const HeldSockets::Held& held) {
        if (!held.name.empty()) {
            manager_.remove(held.name);
        }
    });
}

void HeldDescriptors::hand_over(std::vector<NamedDescriptor>& all) const {
    const auto add = [&all](const std::string& name, const UniqueFd& fd) {
        all.push_back({name, fd.get()});
    };
    for_each_own(add);
    joins_.for_each([&add](uint32_t id, const HeldSockets::Held& held) {
        add(held.name.empty() ? join_name(kKeptJoin, id) : held.name, held.socket);
    });
}

RoutingSockets HeldDescriptors::duplicate_routing() const {
    RoutingSockets copy{.fds = {}, .refusals = routing_.refusals};
    for (const Family family : kFamilies) {
        copy.fds[index_of(family)] = duplicate(routing_.fds[index_of(family)].get());
    }
    return copy;
}

std::vector<std::pair<uint32_t, int>> HeldDescriptors::joins() const {
    std::vector<std::pair<uint32_t, int>> all;
    joins_.for_each([&all](uint32_t id, const HeldSockets::Held& held) {
        all.emplace_back(id, held.socket.get());
    });
    return all;
}

void HeldDescriptors::hold(uint32_t id, UniqueFd socket) {
    release(id);
    store_join(id, joins_.add(id, {"", std::move(socket)}));
}

void HeldDescriptors::release(uint32_t id) {
    const HeldSockets::Held held = joins_.take(id);
    if (!held.name.empty()) {
        --joins_stored_;
        manager_.remove(held.name);
    }
}

}  // namespace smcroute
