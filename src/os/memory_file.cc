// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/memory_file.h"

#include <cerrno>

#include <sys/mman.h>
#include <unistd.h>

namespace smcroute {

namespace {

Error failure(int errno_value) { return system_error("cannot make a memory file", errno_value); }

}  // namespace

Result<UniqueFd> create_memory_file(const char* name) {
    UniqueFd fd(memfd_create(name, MFD_CLOEXEC));
    if (!fd) {
        return failure(errno);
    }
    return fd;
}

Result<UniqueFd> create_memory_file(const char* name, std::string_view content) {
    auto fd = create_memory_file(name);
    for (size_t at = 0; fd && at < content.size();) {
        const std::string_view rest = content.substr(at);
        const ssize_t size = pwrite(fd->get(), rest.data(), rest.size(), static_cast<off_t>(at));
        if (size < 0 && errno != EINTR) {
            return failure(errno);
        }
        at += size > 0 ? static_cast<size_t>(size) : 0;
    }
    return fd;
}

}  // namespace smcroute
