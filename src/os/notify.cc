// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/notify.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/text.h"

namespace smcroute {

namespace {

// The variable's value, which is then removed; empty if it was not there.
std::string take_variable(const char* name) {
    const char* const value = getenv(name);
    std::string taken = value == nullptr ? "" : value;
    unsetenv(name);
    return taken;
}

// A datagram socket connected to the manager's, which is a path or, with a leading '@', an abstract
// name; empty if there is none.
UniqueFd connect_to_manager(std::string_view name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() < 2 || name.size() >= sizeof(address.sun_path) ||
        (name.front() != '/' && name.front() != '@')) {
        return UniqueFd();
    }
    memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') {
        address.sun_path[0] = '\0';
    }
    const size_t size = offsetof(sockaddr_un, sun_path) + name.size();
    UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd || connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                       static_cast<socklen_t>(size)) != 0) {
        return UniqueFd();
    }
    return fd;
}

// At most a day: often enough is always right, and callers can add it to any time.
std::optional<std::chrono::microseconds> parse_interval(std::string_view usec,
                                                        std::string_view pid) {
    constexpr uint64_t kDay = 24ULL * 3600 * 1'000'000;
    const auto timeout = parse_number<uint64_t>(usec);
    if (!timeout || *timeout < 2 || (!pid.empty() && parse_number<pid_t>(pid) != getpid())) {
        return std::nullopt;
    }
    return std::chrono::microseconds(std::min(*timeout / 2, kDay));
}

// A line break would begin another assignment.
std::string status_line(std::string_view status) {
    return cat({"STATUS=", printable(status, 256)});
}

}  // namespace

Notifier Notifier::from_environment() {
    Notifier notifier;
    notifier.socket_ = connect_to_manager(take_variable("NOTIFY_SOCKET"));
    const std::string usec = take_variable("WATCHDOG_USEC");
    const std::string pid = take_variable("WATCHDOG_PID");
    if (notifier.socket_) {
        notifier.interval_ = parse_interval(usec, pid);
    }
    return notifier;
}

void Notifier::ready(std::string_view status) {
    send_message(cat({"READY=1\n", status_line(status)}));
}

void Notifier::status(std::string_view status) { send_message(status_line(status)); }

void Notifier::reloading(std::chrono::steady_clock::time_point now) {
    using std::chrono::microseconds;
    const auto since_boot = std::chrono::duration_cast<microseconds>(now.time_since_epoch());
    send_message(cat({"RELOADING=1\nMONOTONIC_USEC=", std::to_string(since_boot.count())}));
}

void Notifier::stopping() { send_message("STOPPING=1"); }

void Notifier::watchdog() { send_message("WATCHDOG=1"); }

void Notifier::tell(Notice notice, std::string_view status_text) {
    switch (notice) {
        case Notice::kReady:
            return ready(status_text);
        case Notice::kStatus:
            return status(status_text);
        case Notice::kReloading:
            return reloading(std::chrono::steady_clock::now());
        case Notice::kStopping:
            return stopping();
        case Notice::kWatchdog:
            return watchdog();
    }
}

void Notifier::send_message(std::string_view message) {
    if (!socket_) {
        return;
    }
    // Silent by contract: the manager has its own time-outs.
    (void)send(socket_.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace smcroute
