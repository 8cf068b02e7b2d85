// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/descriptors.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

namespace smcroute {

namespace {

constexpr unsigned kCloseOnExec = 4;  // CLOSE_RANGE_CLOEXEC
constexpr int kFirst = STDERR_FILENO + 1;

// close_range() exists since Linux 5.9, with kCloseOnExec since 5.11. False if it is missing.
bool close_whole_range(unsigned first, unsigned last, unsigned flags) {
#ifdef SYS_close_range
    return syscall(SYS_close_range, first, last, flags) == 0;
#else
    (void)first;
    (void)last;
    (void)flags;
    return false;
#endif
}

// If close_range() is missing, descriptors up to this one are tried one by one.
int highest_descriptor() {
    rlimit limit{};
    constexpr rlim_t kEnough = 65536;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0
               ? static_cast<int>(std::min(limit.rlim_cur, kEnough))
               : 1024;
}

// Closes the descriptors from `first` to before `end`.
void close_between(int first, int end) {
    if (first >= end ||
        close_whole_range(static_cast<unsigned>(first), static_cast<unsigned>(end - 1), 0)) {
        return;
    }
    for (int fd = first; fd < end; ++fd) {
        close(fd);
    }
}

}  // namespace

void prepare_descriptors() {
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
        if (fd < 0) {
            fd = open("/", O_PATH);
        }
    } while (fd >= 0 && fd < kFirst);
    if (fd >= kFirst) {
        close(fd);
    }
    if (close_whole_range(kFirst, UINT_MAX, kCloseOnExec)) {
        return;
    }
    for (fd = kFirst; fd < highest_descriptor(); ++fd) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
}

void close_descriptors_but(std::vector<int> keep) {
    std::sort(keep.begin(), keep.end());
    int first = kFirst;
    for (const int fd : keep) {
        if (fd < first) {
            continue;
        }
        close_between(first, fd);
        first = fd + 1;
    }
    if (!close_whole_range(static_cast<unsigned>(first), UINT_MAX, 0)) {
        close_between(first, highest_descriptor());
    }
}

UniqueFd duplicate(int fd) { return UniqueFd(fcntl(fd, F_DUPFD_CLOEXEC, 0)); }

void set_inheritable(int fd, bool inheritable) {
    (void)fcntl(fd, F_SETFD, inheritable ? 0 : FD_CLOEXEC);
}

void leave_terminal(int null) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        dup3(null, fd, 0);
    }
}

int socket_option(int fd, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

// If the limit cannot be raised, the current one is used.
Result<size_t> raise_fd_limit() {
    constexpr size_t kFewest = 64;
    rlimit limit{};
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t before = std::exchange(limit.rlim_cur, limit.rlim_max);
    const auto most =
        static_cast<size_t>(setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : before);
    if (most < kFewest) {
        return Error{compose("the limit on open files is {}, and {} are needed (raise the limit: "
                             "LimitNOFILE=, ulimit -n)",
                             most, kFewest),
                     ExitStatus::kSystem};
    }
    return most;
}

}  // namespace smcroute
