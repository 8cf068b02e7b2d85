// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/holdings.h"

#include <utility>

#include "base/text.h"
#include "os/descriptors.h"
#include "os/memory_file.h"

namespace smcroute {

namespace {

constexpr const char* kLedger = "ledger";
constexpr std::string_view kJoin = "join-";

Result<UniqueFd> taken_or_new(Handover& handover, const char* name) {
    UniqueFd taken = handover.take(name);
    return taken ? Result<UniqueFd>(std::move(taken))
                 : create_memory_file(cat({"smcroute-", name}).c_str());
}

}  // namespace

Status Holdings::open(Handover& handover) {
    for (const Family family : kFamilies) {
        UniqueFd fd = handover.take(routing_name(family));
        if (is_routing_socket(fd.get(), family)) {
            routing_.fds[index_of(family)] = std::move(fd);
        }
    }
    // Duplicates: if one that is missing cannot be opened, those that there are can be handed on.
    auto routing = open_routing_sockets({.table = table_}, duplicate_routing());
    if (!routing) {
        return routing.error();
    }
    routing_ = std::move(*routing);
    auto journal = taken_or_new(handover, kJournal);
    auto ledger = taken_or_new(handover, kLedger);
    if (!journal || !ledger) {
        return journal ? ledger.error() : journal.error();
    }
    journal_ = std::move(*journal);
    ledger_ = std::move(*ledger);
    uint32_t id = 0;
    for (auto& [name, fd] : handover.take_all(kJoin)) {
        joins_.add(++id, {name, std::move(fd)});
    }
    return {};
}

// One table's routes must not be taken for those of another.
std::string Holdings::routing_name(Family family) const {
    return cat({family == Family::kIpv4 ? "ipv4-table-" : "ipv6-table-",
                table_ ? std::to_string(*table_) : "default"});
}

template <typename Visit>
void Holdings::for_each_own(Visit visit) const {
    const auto visit_open = [&visit](const std::string& name, const UniqueFd& fd) {
        if (fd) {
            visit(name, fd);
        }
    };
    for (const Family family : kFamilies) {
        visit_open(routing_name(family), routing_.fds[index_of(family)]);
    }
    visit_open(kJournal, journal_);
    visit_open(kLedger, ledger_);
}

template <typename Visit>
void Holdings::for_each(Visit visit) const {
    for_each_own(visit);
    joins_.for_each([&visit](const HeldSockets::Held& held) { visit(held.name, held.socket); });
}

void Holdings::store() const {
    for_each_own(
        [this](const std::string& name, const UniqueFd& fd) { manager_.store(name, fd.get()); });
}

void Holdings::withdraw() const {
    for_each([this](const std::string& name, const UniqueFd&) { manager_.remove(name); });
}

void Holdings::hand_over(Handover& handover) const {
    for_each([&handover](const std::string& name, const UniqueFd& fd) {
        handover.descriptors.emplace_back(name, inheritable_duplicate(fd.get()));
    });
}

RoutingSockets Holdings::duplicate_routing() const {
    RoutingSockets copy{.fds = {}, .refusals = routing_.refusals};
    for (const Family family : kFamilies) {
        copy.fds[index_of(family)] = duplicate(routing_.fds[index_of(family)].get());
    }
    return copy;
}

void Holdings::begin_generation(pid_t worker) {
    worker_ = worker;
    joins_.begin_generation();
}

void Holdings::hold(uint32_t id, UniqueFd socket) {
    std::string name = cat({kJoin, std::to_string(worker_), "-", std::to_string(id)});
    const HeldSockets::Held& held = joins_.add(id, {std::move(name), std::move(socket)});
    manager_.store(held.name, held.socket.get());
}

void Holdings::release(uint32_t id) {
    joins_.drop(id, [this](const HeldSockets::Held& held) { manager_.remove(held.name); });
}

void Holdings::release_older() {
    joins_.drop_older([this](const HeldSockets::Held& held) { manager_.remove(held.name); });
}

}  // namespace smcroute
