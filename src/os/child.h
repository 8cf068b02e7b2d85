// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Child processes: starts a script without waiting for it, and collects children that have ended;
// or lets a child compute something, and waits. As process 1 of a container we get orphans too, so
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

// Starts the command with these arguments. If it is the path of an executable file, that file is
// run directly, anything else is run by /bin/sh with the arguments appended. The child has no
// signal blocked or ignored, an empty stdin, our stdout and stderr, our environment with the
// overrides in place of variables of those names, and no other descriptor, if prepare_descriptors()
// was called at the start.
Result<pid_t> spawn(const std::string& command, const std::vector<std::string>& arguments,
                    const EnvironmentOverrides& environment_overrides);

// In the form that execve() needs: borrowed, and nullptr at the end.
std::vector<char*> pointers_to(const std::vector<std::string>& texts);

// Runs `work` in a child process, waits for its end, and returns the answer: whatever it loads or
// changes does not affect the caller.
Result<std::string> answer_of_child(const std::function<std::string()>& work);

struct ExitedChild {
    pid_t pid = 0;
    int status = 0;  // as from waitpid()
};

// Waits for the child's end. Returns its status as from waitpid(); nothing if there is no such
// child.
std::optional<int> wait_for_exit(pid_t pid);

// Every child that has ended since the last call. Does not wait.
std::vector<ExitedChild> reap();

// "exited with status 3", "was killed by signal 9 (Killed)".
std::string describe_exit(int wait_status);

}  // namespace smcroute
