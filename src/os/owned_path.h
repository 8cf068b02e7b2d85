// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// OwnedPath: a directory entry that this process made and removes again (a pid file, a socket),
// unless something else has taken its place meanwhile. Removing is silent: after privileges were
// dropped it may no longer be possible, and a left-over entry is replaced at the next start.
#pragma once

#include <string>
#include <utility>

#include <sys/types.h>

#include "base/result.h"

namespace smcroute {

class OwnedPath {
public:
    OwnedPath() = default;
    // Takes over whatever `path` names now. Keep a descriptor of it open for the same time, so that
    // its inode number is not given to another file.
    explicit OwnedPath(std::string path);
    // Makes a symbolic link to a file in the same directory, in place of any other link of that
    // name. Anything else of that name stays, and is an error.
    static Result<OwnedPath> link(const std::string& path, const std::string& target);
    OwnedPath(OwnedPath&& other) noexcept { swap(other); }
    OwnedPath& operator=(OwnedPath&& other) noexcept {
        OwnedPath(std::move(other)).swap(*this);
        return *this;
    }
    ~OwnedPath();

    // From now on the entry stays.
    void let_go() { path_.clear(); }

    const std::string& path() const { return path_; }
    bool is_still_ours() const;

private:
    void swap(OwnedPath& other) noexcept;

    std::string path_;  // empty: owns nothing
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

// Whether there is such a link to a file in the same directory.
bool links_to(const std::string& path, const std::string& target);

}  // namespace smcroute
