// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// System calls that a signal may interrupt, or that may complete only a part of their work.
#pragma once

#include <cerrno>
#include <string_view>

#include <unistd.h>

namespace smcroute {

// Repeats the call until no signal interrupts it, and returns its result: below zero with errno set
// if it failed.
template <typename Call>
auto retry(Call call) {
    auto result = call();
    while (result < 0 && errno == EINTR) {
        result = call();
    }
    return result;
}

// Writes all bytes to a blocking descriptor. False with errno set if that failed.
inline bool write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t size = retry([&] { return write(fd, bytes.data(), bytes.size()); });
        if (size < 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<size_t>(size));
    }
    return true;
}

// The same with pwrite().
inline bool write_all_at(int fd, off_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t size = retry([&] { return pwrite(fd, bytes.data(), bytes.size(), offset); });
        if (size < 0) {
            return false;
        }
        bytes.remove_prefix(static_cast<size_t>(size));
        offset += size;
    }
    return true;
}

}  // namespace smcroute
