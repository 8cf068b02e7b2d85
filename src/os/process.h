// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Processes that are not our children: whether they end, how to end them, and what they have open.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "os/unique_fd.h"

namespace smcroute {

// True if it has ended by then, be it as a zombie; a kernel before 5.3 does not tell of these.
bool ends_within(pid_t process, std::chrono::milliseconds patience);

// Kills it and waits for its end, a child's too. One that was gone already is no error.
Status end_process(pid_t process);

// As `ps` shows it, control characters and all; empty if there is no such process.
std::string process_name(pid_t process);

// Duplicates of all its descriptors, in the order of their numbers. Nothing where that is not
// allowed, or the kernel has no pidfd_getfd() (before 5.6).
std::optional<std::vector<UniqueFd>> descriptors_of(pid_t process);

}  // namespace smcroute
