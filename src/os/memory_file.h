// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Memory files: a file without a name or a disk, alive as long as any process has it open. One
// process uses it to pass any number of bytes to another, or to its own successor. It cannot be
// sealed, nor executed where the kernel can prevent that.
#pragma once

#include <string_view>

#include "base/result.h"
#include "os/unique_fd.h"

namespace smcroute {

// An empty memory file; the name is for /proc only.
Result<UniqueFd> create_memory_file(const char* name);

// A memory file with this content, to be read from its beginning.
Result<UniqueFd> create_memory_file(const char* name, std::string_view content);

// Whether a descriptor from elsewhere is such a file, readable and writable: not a file that has a
// name, nor one that was sealed.
bool is_memory_file(int fd);

}  // namespace smcroute
