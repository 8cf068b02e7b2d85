// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// FileBroker: hands configuration files to a worker that may not open any itself. The worker's user
// could use it to read whatever the guard can; so only the main file is available, and the files
// that an `include` in a file already handed out names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "config/loader.h"

namespace smcroute {

class FileBroker {
public:
    // Borrows the files.
    FileBroker(std::string main, FileSource& files) : main_(std::move(main)), files_(files) {}

    // As FileSource. Reading the main file begins a new load. kNoPermission for a file that no file
    // names.
    Result<std::optional<std::string>> read(const std::string& path);
    Result<std::vector<std::string>> glob(const std::string& pattern);

private:
    void note_includes(const std::string& path, std::string_view text);
    Error refusal(const std::string& name) const;

    const std::string main_;
    FileSource& files_;
    std::unordered_set<std::string> named_;  // paths and patterns named in this load
};

}  // namespace smcroute
