// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Child processes: starts a script without waiting for it, and collects whatever has ended; or has
// something worked out by one, and waits. As process 1 of a container we are given orphans too, so
// reap() may report pids that nobody knows.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/result.h"

namespace smcroute {

using EnvironmentOverrides = std::vector<std::pair<std::string, std::string>>;

// Starts the command with these arguments. The path of an executable file is run as it stands,
// anything else by /bin/sh with the arguments behind it. The child has no signal blocked or
// ignored, an empty stdin, our stdout and stderr, our environment with the overrides in place of
// variables of those names, and no other descriptor, if prepare_descriptors() was called at the
// start.
Result<pid_t> spawn(const std::string& command, const std::vector<std::string>& arguments,
                    const EnvironmentOverrides& environment_overrides);

// As execve() wants them: borrowed, and nullptr at the end.
std::vector<char*> pointers_to(const std::vector<std::string>& texts);

// What `work` answers, from a process of its own that ends with it: whatever it loads or changes
// does not stay with the caller. Waits for it.
Result<std::string> answer_of_child(const std::function<std::string()>& work);

struct ExitedChild {
    pid_t pid = 0;
    int status = 0;  // as of waitpid()
};

// Waits for the child's end. Its status, as of waitpid(); nothing if there is no such child.
std::optional<int> wait_for_exit(pid_t pid);

// Every child that has ended since the last call. Does not wait.
std::vector<ExitedChild> reap();

// "exited with status 3", "was killed by signal 9 (Killed)".
std::string describe_exit(int wait_status);

}  // namespace smcroute
