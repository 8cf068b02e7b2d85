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
#include <utility>

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

// What `body(int fd)` wrote to that descriptor in a process of its own, and whether it returned
// true there.
template <typename Body>
std::pair<std::string, bool> written_by_child(Body body) {
    std::array<int, 2> ends{};
    fflush(stdout);
    if (pipe(ends.data()) != 0) {
        return {"no pipe", false};
    }
    const UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    const pid_t child = fork();
    if (child == 0) {
        _exit(body(write_end.get()) ? 0 : 1);
    }
    write_end.reset();
    std::string text = read_all(read_end.get());
    int status = 0;
    const bool ended_well = child > 0 && waitpid(child, &status, 0) == child && status == 0;
    return {std::move(text), ended_well};
}

// What the scenario wrote in its namespace, or nothing where it cannot be run.
template <typename Scenario>
std::optional<std::string> in_namespace(Scenario scenario) {
    const auto [text, ended_well] = written_by_child([&](int fd) {
        const std::string words = enter_namespace() ? scenario() : kSkip;
        return write(fd, words.data(), words.size()) == static_cast<ssize_t>(words.size());
    });
    if (!ended_well) {
        return compose("the child failed after: {}", text);
    }
    if (text == kSkip) {
        printf("skipped: no network namespace with multicast routing\n");
        return std::nullopt;
    }
    return text;
}

}  // namespace smcroute::test
