// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Files: reading one whole, and finding names. What the text means is not known here.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/result.h"

namespace smcroute {

// The whole content, or nothing if there is no file of that name. Anything else that hinders, a
// directory and more than `limit` bytes included, is an error: "cannot read PATH: CAUSE". Reads
// pipes too (/dev/stdin, a FIFO) and waits for their writers, unless it may not wait: then what is
// not a regular file is an error.
Result<std::optional<std::string>> read_file(const std::string& path, size_t limit,
                                             bool may_wait = true);

// Of the regular file, or of the symbolic link of that name; nothing if it is something else.
std::optional<uid_t> file_owner(const std::string& path, bool of_link);

// What is left to read from an open file, `limit` bytes at most; `name` is for errors.
Result<std::string> read_rest(int fd, std::string_view name, size_t limit);

// What glob(3) makes of the pattern, sorted. A name without special characters is found as well.
std::vector<std::string> glob_files(const std::string& pattern);

// Empty if it is not known, as that of a directory that was removed.
std::string current_directory();

// The same file's name from any directory. An empty name stays empty.
std::string absolute_path(const std::string& path);

}  // namespace smcroute
