// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/descriptors.h"

#include <cerrno>
#include <climits>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace smcroute {

namespace {

// close_range() can do this since Linux 5.11.
bool seal_range(unsigned first) {
#ifdef SYS_close_range
    constexpr unsigned kCloseOnExec = 4;  // CLOSE_RANGE_CLOEXEC
    return syscall(SYS_close_range, first, UINT_MAX, kCloseOnExec) == 0;
#else
    (void)first;
    return false;
#endif
}

}  // namespace

void prepare_descriptors() {
    constexpr int kFirst = STDERR_FILENO + 1;
    int fd;
    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd < kFirst);
    if (fd >= kFirst) {
        close(fd);
    }
    if (seal_range(kFirst)) {
        return;
    }
    constexpr int kInheritedAtMost = 1024;
    for (fd = kFirst; fd < kInheritedAtMost; ++fd) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
}

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
