// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Files: reading a whole file, and finding names. Nothing here knows what the text means.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/result.h"

namespace smcroute {

// The whole content, or nothing if there is no file of that name. Any other obstacle, including a
// directory and more than `limit` bytes, is an error: "cannot read PATH: CAUSE". Reads pipes too
// (/dev/stdin, a FIFO) and waits for their writers. If it may not wait, anything but a regular file
// is an error.
Result<std::optional<std::string>> read_file(const std::string& path, size_t limit,
                                             bool may_wait = true);

// The owner of the regular file, or of the symbolic link, of that name; nothing if it is something
// else.
std::optional<uid_t> file_owner(const std::string& path, bool of_link);

// The rest of an open file, `limit` bytes at most; `name` is for errors.
Result<std::string> read_rest(int fd, std::string_view name, size_t limit);

// The matches of glob(3), sorted. A name without special characters is found as well.
std::vector<std::string> glob_files(const std::string& pattern);

// Empty if it is not known, for example because the directory was removed.
std::string current_directory();

// A name of the same file that works from any directory. An empty name stays empty.
std::string absolute_path(const std::string& path);

}  // namespace smcroute
