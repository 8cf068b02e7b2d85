// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// PidFile: "PID\n" in a file, for scripts and supervisors. It appears whole or not at all, and is
// removed with the daemon unless another process has put its own there.
#pragma once

#include <string>

#include "base/result.h"
#include "os/owned_path.h"
#include "os/unique_fd.h"

namespace smcroute {

class PidFile {
public:
    // Replaces a file of that name. It contains the caller's pid, so call it after the fork.
    static Result<PidFile> create(const std::string& path);

    const std::string& path() const { return path_.path(); }

    // Sets the modification time to now, even after privileges were dropped. An error if the file
    // is no longer ours.
    Status touch();

private:
    PidFile(UniqueFd file, OwnedPath path);

    UniqueFd file_;  // before path_: holds its inode
    OwnedPath path_;
};

}  // namespace smcroute
