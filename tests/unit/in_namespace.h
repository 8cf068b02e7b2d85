// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The real kernel, in a network namespace of a child process, which needs no privilege where user
// namespaces are allowed. The child writes down what happened and the case compares that text.
// Where there are no namespaces, or no multicast routing, the case says so and passes.
#pragma once

#include <array>
#include <cstdio>
#include <optional>
#include <string>

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "os/unique_fd.h"

namespace smcroute::test {

// What a scenario answers that cannot be run here.
inline const std::string kSkip = "skip";

inline bool enter_namespace() {
    return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 || unshare(CLONE_NEWNET) == 0;
}

inline std::string read_all(int fd) {
    std::string text;
    std::array<char, 1024> buffer;
    for (;;) {
        const ssize_t size = read(fd, buffer.data(), buffer.size());
        if (size <= 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<size_t>(size));
    }
}

// What the scenario wrote in its namespace, or nothing where it cannot be run.
template <typename Scenario>
std::optional<std::string> in_namespace(Scenario scenario) {
    std::array<int, 2> ends{};
    fflush(stdout);
    if (pipe(ends.data()) != 0) {
        return "no pipe";
    }
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    const pid_t child = fork();
    if (child == 0) {
        const std::string text = enter_namespace() ? scenario() : kSkip;
        const bool written =
            write(write_end.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
        _exit(written ? 0 : 1);
    }
    write_end.reset();
    std::string text = read_all(read_end.get());
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        return compose("the child failed after: {}", text);
    }
    if (text == kSkip) {
        printf("skipped: no network namespace with multicast routing\n");
        return std::nullopt;
    }
    return text;
}

}  // namespace smcroute::test
