// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// UniqueFd: a file descriptor with one owner, closed when the owner goes. It does not know what the
// descriptor is. An empty one holds -1.
#pragma once

#include <utility>

#include <unistd.h>

namespace smcroute {

class UniqueFd {
public:
    UniqueFd() = default;
    explicit UniqueFd(int fd) : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        reset(other.release());
        return *this;
    }
    ~UniqueFd() { reset(); }

    explicit operator bool() const { return fd_ >= 0; }
    int get() const { return fd_; }

    // Gives up ownership without closing.
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

    // Closes what it holds and takes over `fd`. A close() that fails is not repeated: Linux has
    // freed the number by then, and it may be someone else's.
    void reset(int fd = -1) {
        const int old = std::exchange(fd_, fd);
        if (old >= 0) {
            close(old);
        }
    }

private:
    int fd_ = -1;
};

}  // namespace smcroute
