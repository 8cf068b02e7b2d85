// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/genuine.h"

#include <algorithm>
#include <array>
#include <climits>
#include <utility>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "kernel/join_socket.h"
#include "kernel/mrt.h"
#include "kernel/routing_sockets.h"
#include "os/memory_file.h"
#include "os/network_namespace.h"
#include "os/unix_socket.h"

namespace smcroute {

namespace {

constexpr std::string_view kOtherNetwork = "is of another network namespace";
constexpr std::string_view kUnknown = "is not one of ours";

bool is_estate(std::string_view name) {
    return name == kJournal || name == kLedger || name == kRecord;
}

// `table` is the name's part after the prefix: "default" or a number.
std::string_view fault_of_routing_socket(Family family, std::string_view table, int fd) {
    const auto number = parse_number<uint32_t>(table);
    if (!is_routing_socket(fd, family) || (!number && table != "default")) {
        return "is not a multicast routing socket";
    }
    if (is_of_another_network(fd)) {
        return kOtherNetwork;
    }
    return owns_table(fd, family, number) ? "" : "does not own that table";
}

// "/memfd:smcroute-journal (deleted)"
bool is_memory_file_named(int fd, std::string_view name) {
    std::array<char, PATH_MAX> link;
    const std::string path = compose("/proc/self/fd/{}", fd);
    const ssize_t size = readlink(path.c_str(), link.data(), link.size());
    const std::string_view text(link.data(), static_cast<size_t>(std::max<ssize_t>(size, 0)));
    return text.starts_with(compose("/memfd:smcroute-{} ", name));
}

// Also checks that the socket can be reached there.
bool listens_on(int fd, const std::string& path) {
    struct stat st {};
    return path == listening_path(fd) && lstat(path.c_str(), &st) == 0 && S_ISSOCK(st.st_mode);
}

bool is_from_manager(const Handover& handover) { return !handover.upgraded && !handover.worker; }

std::string giver_of(const Handover& handover) {
    return is_from_manager(handover) ? "the service manager"
           : handover.upgraded       ? "the program before this one"
                                     : compose("process {}", *handover.worker);
}

bool has_moved(const std::vector<Handover::Named>& given,
               const std::vector<std::string_view>& faults) {
    for (size_t i = 0; i < given.size(); ++i) {
        if (faults[i] == kOtherNetwork && !given[i].first.starts_with(kJoin)) {
            return true;
        }
    }
    return false;
}

void tell(const Handover& handover, std::string_view name, std::string_view fault, size_t others) {
    log_warning(compose(
        "{} has handed over \"{}\", which {}: it is not used{}", giver_of(handover),
        printable(name), fault,
        others == 0 ? "" : compose("{}{} more", others == 1 ? ", nor is " : ", nor are ", others)));
}

}  // namespace

std::string_view fault_of(std::string_view name, int fd, const ServiceSettings& settings) {
    for (const Family family : kFamilies) {
        const std::string_view prefix = routing_prefix(family);
        if (name.starts_with(prefix)) {
            return fault_of_routing_socket(family, name.substr(prefix.size()), fd);
        }
    }
    if (is_estate(name)) {
        return is_memory_file(fd) ? "" : "is not a memory file";
    }
    if (name == kControl) {
        return listens_on(fd, settings.socket) ? "" : "does not listen on our control socket";
    }
    if (name.starts_with(kJoin)) {
        return !join_socket_family(fd)     ? "is not a datagram socket"
               : is_of_another_network(fd) ? kOtherNetwork
                                           : "";
    }
    return kUnknown;
}

std::string kind_of(int fd, const ServiceSettings& settings) {
    for (const Family family : kFamilies) {
        if (is_routing_socket(fd, family)) {
            return routing_name(family, settings.table);
        }
    }
    for (const char* const name : {kJournal, kLedger, kRecord}) {
        if (is_memory_file_named(fd, name)) {
            return name;
        }
    }
    return listens_on(fd, settings.socket) ? kControl
           : join_socket_family(fd)        ? std::string(kJoin)
                                           : std::string();
}

void keep_genuine(Handover& handover, const ServiceSettings& settings, Notifier& manager) {
    std::vector<std::string_view> faults;
    for (const auto& [name, fd] : handover.descriptors) {
        const bool known = name != kControl || !is_from_manager(handover);
        faults.push_back(known ? fault_of(name, fd.get(), settings) : kUnknown);
    }
    std::vector<Handover::Named> given = std::exchange(handover.descriptors, {});
    const bool moved = has_moved(given, faults);
    std::vector<size_t> dropped;
    for (size_t i = 0; i < given.size(); ++i) {
        if (moved && is_estate(given[i].first)) {
            faults[i] = kOtherNetwork;
        }
        if (faults[i].empty()) {
            handover.descriptors.push_back(std::move(given[i]));
        } else {
            manager.remove(given[i].first);
            dropped.push_back(i);
        }
    }
    if (!dropped.empty()) {
        tell(handover, given[dropped[0]].first, faults[dropped[0]], dropped.size() - 1);
    }
}

}  // namespace smcroute
