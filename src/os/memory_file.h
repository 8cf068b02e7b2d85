// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Memory files: a file without a name or a disk, alive as long as anybody has it open. One process
// hands bytes of any number to another with it, or to its own successor. It cannot be sealed, nor
// executed where the kernel can prevent that.
#pragma once

#include <string_view>

#include "base/result.h"
#include "os/unique_fd.h"

namespace smcroute {

// An empty one; the name is for /proc only.
Result<UniqueFd> create_memory_file(const char* name);

// One with this content, to be read from its begin.
Result<UniqueFd> create_memory_file(const char* name, std::string_view content);

// Whether a descriptor from elsewhere is such a file, and can be read and written: no file that has
// a name, nor one that was sealed.
bool is_memory_file(int fd);

}  // namespace smcroute
