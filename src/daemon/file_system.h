// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// FileSystem: the configuration files of this machine, for config/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>
#include <unistd.h>

#include "base/text.h"
#include "config/loader.h"
#include "os/environment.h"
#include "os/file.h"

namespace smcroute {

class FileSystem final : public FileSource {
public:
    // A hundred thousand routes take under 10 MB; a larger file than this is no configuration.
    static constexpr size_t kMaxFileSize = size_t{256} << 20;

    // From now on a pipe is an error, since reading it would wait for its writer.
    void expect_no_waiting() { may_wait_ = false; }

    Result<std::optional<std::string>> read(const std::string& path) override {
        auto text = read_file(path, kMaxFileSize, may_wait_);
        const std::string_view hiding = setting_that_hides(path);
        const bool is_there = text && *text;
        if (is_there || hiding.empty()) {
            return text;
        }
        return Error{compose("{} ({} of the service hides such files: put it below /etc)",
                             text ? compose("no file {}", path) : text.error().text, hiding),
                     ExitStatus::kSystem};
    }
    std::vector<std::string> glob(const std::string& pattern) override {
        return glob_files(pattern);
    }
    // After this doubt() accepts files of this owner, besides those of root and of the reader.
    void trust(uid_t owner) { trusted_ = owner; }
    std::string doubt(const std::string& path) override {
        const uid_t reader = geteuid();
        for (const bool of_link : {true, false}) {
            const auto owner = file_owner(path, of_link);
            if (owner && *owner != 0 && *owner != reader && *owner != trusted_) {
                return compose(
                    "user {} owns this {} and so decides what is routed (chown {}root {})", *owner,
                    of_link ? "link" : "file", of_link ? "-h " : "", path);
            }
        }
        return {};
    }

private:
    uid_t trusted_ = 0;
    bool may_wait_ = true;
};

}  // namespace smcroute
