// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/owned_path.h"

#include <array>
#include <cerrno>
#include <climits>
#include <string_view>

#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace smcroute {

namespace {

std::string last_part_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

OwnedPath::OwnedPath(std::string path) {
    struct stat st {};
    if (lstat(path.c_str(), &st) != 0) {
        return;
    }
    path_ = std::move(path);
    device_ = st.st_dev;
    inode_ = st.st_ino;
}

Result<OwnedPath> OwnedPath::link(const std::string& path, const std::string& target) {
    if (links_to(path, target)) {
        return OwnedPath(path);
    }
    struct stat st {};
    if (lstat(path.c_str(), &st) == 0 && S_ISLNK(st.st_mode)) {
        unlink(path.c_str());
    }
    if (symlink(last_part_of(target).c_str(), path.c_str()) != 0) {
        return system_error(compose("cannot link {} to {}", path, target), errno);
    }
    return OwnedPath(path);
}

bool links_to(const std::string& path, const std::string& target) {
    std::array<char, NAME_MAX + 1> text;
    const ssize_t size = readlink(path.c_str(), text.data(), text.size());
    return size > 0 &&
           std::string_view(text.data(), static_cast<size_t>(size)) == last_part_of(target);
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
