// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// FileSystem: the configuration files of this machine, for the config room.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/loader.h"
#include "os/file.h"

namespace smcroute {

class FileSystem final : public FileSource {
public:
    // A hundred thousand routes take under 10 MB; beyond this it is no configuration.
    static constexpr size_t kMaxFileSize = size_t{256} << 20;

    // From now on a pipe, whose writer one would have to wait for, is an error.
    void expect_no_waiting() { may_wait_ = false; }

    Result<std::optional<std::string>> read(const std::string& path) override {
        return read_file(path, kMaxFileSize, may_wait_);
    }
    std::vector<std::string> glob(const std::string& pattern) override {
        return glob_files(pattern);
    }

private:
    bool may_wait_ = true;
};

}  // namespace smcroute
