// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/descriptors.h"

#include <algorithm>
#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace smcroute {

namespace {

constexpr unsigned kCloseOnExec = 4;  // CLOSE_RANGE_CLOEXEC
constexpr int kFirst = STDERR_FILENO + 1;

// There since Linux 5.9, with kCloseOnExec since 5.11. False where it is not.
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

// Up to here they are tried one by one where close_range() is missing.
int highest_descriptor() {
    rlimit limit{};
    constexpr rlim_t kEnough = 65536;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0
               ? static_cast<int>(std::min(limit.rlim_cur, kEnough))
               : 1024;
}

// Those from `first` to before `end`.
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

UniqueFd inheritable_duplicate(int fd) { return UniqueFd(fcntl(fd, F_DUPFD, 0)); }

Status raise_fd_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) == 0) {
            return {};
        }
    }
    return system_error("cannot raise the limit on open files", errno);
}

}  // namespace smcroute
