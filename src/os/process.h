// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Processes that are not our children: whether they end, how to end them, and which descriptors
// they have.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "os/unique_fd.h"

namespace smcroute {

// True if it has ended by then, even as a zombie; a kernel before 5.3 does not report zombies.
bool ends_within(pid_t process, std::chrono::milliseconds patience);

// Kills it and waits for its end, even if it is a child. It is no error if it was gone already.
Status end_process(pid_t process);

// As `ps` shows it, including control characters; empty if there is no such process.
std::string process_name(pid_t process);

// Duplicates of all its descriptors, in the order of their numbers. Nothing if that is not allowed,
// or the kernel has no pidfd_getfd() (before 5.6).
std::optional<std::vector<UniqueFd>> descriptors_of(pid_t process);

}  // namespace smcroute
