// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/owned_path.h"

#include <sys/stat.h>
#include <unistd.h>

namespace smcroute {

OwnedPath::OwnedPath(std::string path) {
    struct stat st {};
    if (lstat(path.c_str(), &st) != 0) {
        return;
    }
    path_ = std::move(path);
    device_ = st.st_dev;
    inode_ = st.st_ino;
}

OwnedPath::~OwnedPath() {
    if (is_still_ours()) {
        unlink(path_.c_str());
    }
}

bool OwnedPath::is_still_ours() const {
    struct stat st {};
    return !path_.empty() && lstat(path_.c_str(), &st) == 0 && st.st_dev == device_ &&
           st.st_ino == inode_;
}

void OwnedPath::swap(OwnedPath& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
}

}  // namespace smcroute
