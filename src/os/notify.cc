// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/notify.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/text.h"
#include "os/environment.h"

namespace smcroute {

namespace {

constexpr int kPatienceMs = 1000;

// A datagram socket connected to the manager's socket, which is a path or, with a leading '@', an
// abstract name; empty if there is none.
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

// At most a day: more often is always right, and callers can add it to any time.
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
    return compose("STATUS={}", printable(status, 256));
}

}  // namespace

Notifier Notifier::from_environment() {
    Notifier notifier;
    notifier.address_ = take_variable("NOTIFY_SOCKET");
    notifier.socket_ = connect_to_manager(notifier.address_);
    const std::string usec = take_variable("WATCHDOG_USEC");
    const std::string pid = take_variable("WATCHDOG_PID");
    if (notifier.socket_) {
        notifier.interval_ = parse_interval(usec, pid);
    }
    if (notifier.interval_) {
        notifier.watchdog_usec_ = usec;
    }
    return notifier;
}

void Notifier::ready(std::string_view status) {
    send_message(compose("READY=1\n{}", status_line(status)), Loss::kHarmful);
}

void Notifier::status(std::string_view status) {
    send_message(status_line(status), Loss::kHarmless);
}

void Notifier::reloading(std::chrono::steady_clock::time_point now) {
    using std::chrono::microseconds;
    const auto since_boot = std::chrono::duration_cast<microseconds>(now.time_since_epoch());
    send_message(compose("RELOADING=1\nMONOTONIC_USEC={}", since_boot.count()), Loss::kHarmful);
}

void Notifier::stopping() { send_message("STOPPING=1", Loss::kHarmful); }

void Notifier::watchdog() { send_message("WATCHDOG=1", Loss::kHarmless); }

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

// By default the manager drops descriptors that report an error or a hang-up; ours may do so, and
// are still useful.
void Notifier::store(std::string_view name, int fd) {
    send_message(compose("FDSTORE=1\nFDPOLL=0\nFDNAME={}", name), Loss::kHarmful, fd);
}

void Notifier::remove(std::string_view name) {
    send_message(compose("FDSTOREREMOVE=1\nFDNAME={}", printable(name)), Loss::kHarmful);
}

void Notifier::restore_environment() const {
    if (socket_) {
        setenv("NOTIFY_SOCKET", address_.c_str(), 1);
    }
    if (!watchdog_usec_.empty()) {
        setenv("WATCHDOG_USEC", watchdog_usec_.c_str(), 1);
    }
}

void Notifier::clear_environment() {
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
}

void Notifier::send_message(std::string_view message, Loss loss, int fd) {
    if (!socket_) {
        return;
    }
    iovec part{.iov_base = const_cast<char*>(message.data()), .iov_len = message.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    alignas(cmsghdr) std::array<std::byte, CMSG_SPACE(sizeof(int))> control{};
    if (fd >= 0) {
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        cmsghdr* const rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(rights), &fd, sizeof(int));
    }
    // Failures are silent by contract: the manager has its own time-outs.
    bool sent = false;
    do {
        sent = sendmsg(socket_.get(), &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    } while (!sent && errno == EAGAIN && loss == Loss::kHarmful && await_room());
    manager_reads_ = manager_reads_ || sent;
}

bool Notifier::await_room() {
    pollfd room{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
    manager_reads_ = manager_reads_ && poll(&room, 1, kPatienceMs) == 1;
    return manager_reads_;
}

}  // namespace smcroute
