// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/memory_file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/io.h"

namespace smcroute {

namespace {

constexpr unsigned kNeverExecutable = 8;  // MFD_NOEXEC_SEAL

// Before Linux 6.3 any memory file can be executed.
int create(const char* name) {
    const int fd = memfd_create(name, MFD_CLOEXEC | kNeverExecutable);
    return fd < 0 && errno == EINVAL ? memfd_create(name, MFD_CLOEXEC) : fd;
}

Error failure(int errno_value) { return system_error("cannot make a memory file", errno_value); }

}  // namespace

Result<UniqueFd> create_memory_file(const char* name) {
    UniqueFd fd(create(name));
    if (!fd) {
        return failure(errno);
    }
    // So nobody who gets it can keep others from writing to it. It fails where that is so anyway.
    (void)fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SEAL);
    return fd;
}

bool is_memory_file(int fd) {
    constexpr int kHarmlessSeals = F_SEAL_SEAL | 0x20;  // F_SEAL_EXEC
    const int seals = fcntl(fd, F_GET_SEALS);
    struct stat st {};
    return seals >= 0 && (seals & ~kHarmlessSeals) == 0 && fstat(fd, &st) == 0 &&
           st.st_nlink == 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR;
}

Result<UniqueFd> create_memory_file(const char* name, std::string_view content) {
    auto fd = create_memory_file(name);
    if (fd && !write_all_at(fd->get(), 0, content)) {
        return failure(errno);
    }
    return fd;
}

}  // namespace smcroute
