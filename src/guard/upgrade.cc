// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/upgrade.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "os/child.h"
#include "os/descriptors.h"
#include "os/io.h"
#include "os/memory_file.h"

namespace smcroute {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTrialTakes{5000};
// The kernel's limit is 128 KiB, including the variable's name.
constexpr size_t kLongestVariable = size_t{100} * 1024;

// Returns 0 or an errno, even if only the child found the error.
int start_trial(const std::vector<std::string>& command, int answer_to, pid_t& trial) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, answer_to, STDOUT_FILENO);
    setenv(kHandoverVariable, std::string(kTrial).c_str(), 1);
    const int error = posix_spawn(&trial, command[0].c_str(), &actions, nullptr,
                                  pointers_to(command).data(), environ);
    unsetenv(kHandoverVariable);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

// Reads until the end, or until there is enough, or it takes too long.
std::string read_answer(int fd, Clock::time_point give_up) {
    std::string answer;
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(give_up - Clock::now());
        pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
        if (left.count() <= 0 || poll(&entry, 1, static_cast<int>(left.count())) == 0) {
            return answer;
        }
        std::array<char, 256> bytes;
        const ssize_t size = retry([&] { return read(fd, bytes.data(), bytes.size()); });
        if (size > 0) {
            answer.append(bytes.data(), static_cast<size_t>(size));
        }
        const bool failed = size < 0 && errno != EAGAIN;
        if (size == 0 || failed || answer.size() > kTrialAnswer.size()) {
            return answer;
        }
    }
}

// How it ended, by itself or, if it took too long, killed by us.
int await_end(pid_t trial, Clock::time_point give_up) {
    int status = 0;
    while (waitpid(trial, &status, WNOHANG) == 0) {
        if (Clock::now() >= give_up) {
            kill(trial, SIGKILL);
        }
        poll(nullptr, 0, 1);
    }
    return status;
}

void pass_on(std::span<const NamedDescriptor> descriptors, bool on) {
    for (const NamedDescriptor& each : descriptors) {
        set_inheritable(each.fd, on);
    }
}

}  // namespace

std::string program_path() {
    std::array<char, PATH_MAX> path;
    const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
    std::string_view text(path.data(), size > 0 ? static_cast<size_t>(size) : 0);
    // The kernel appends this if the file was replaced since.
    constexpr std::string_view kReplaced = " (deleted)";
    text.remove_suffix(text.ends_with(kReplaced) ? kReplaced.size() : 0);
    return std::string(text);
}

Status try_program(const std::vector<std::string>& command) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return system_error(compose("cannot try {}", command[0]), errno);
    }
    const UniqueFd from_trial(ends[0]);
    UniqueFd to_us(ends[1]);
    pid_t trial = 0;
    if (const int error = start_trial(command, to_us.get(), trial); error != 0) {
        return system_error(compose("cannot run {}", command[0]), error);
    }
    to_us.reset();
    const auto give_up = Clock::now() + kTrialTakes;
    const std::string answer = read_answer(from_trial.get(), give_up);
    const int status = await_end(trial, give_up);
    if (answer != kTrialAnswer) {
        return Error{
            compose("{} does not know how to take over: it {}", command[0], describe_exit(status)),
            ExitStatus::kRefused};
    }
    return {};
}

Error become_program(const std::string& program, const std::vector<std::string>& command,
                     const std::string& directory, const Handover& handover,
                     std::span<const NamedDescriptor> descriptors) {
    std::string text = encode_handover(handover, descriptors);
    Result<UniqueFd> file = UniqueFd();
    if (text.size() > kLongestVariable) {
        file = create_memory_file(kWholeList, text);
        if (!file) {
            return file.error();
        }
        set_inheritable(file->get(), true);
        text = encode_handover({.upgraded = handover.upgraded}, {{{kWholeList, file->get()}}});
    }
    const UniqueFd here(open(".", O_PATH | O_CLOEXEC));
    if (chdir(directory.c_str()) != 0) {
        return system_error(compose("cannot change to directory {}", directory), errno);
    }
    setenv(kHandoverVariable, text.c_str(), 1);
    pass_on(descriptors, true);
    execv(program.c_str(), pointers_to(command).data());
    const int error = errno;
    pass_on(descriptors, false);
    unsetenv(kHandoverVariable);
    [[maybe_unused]] const int back = fchdir(here.get());
    return system_error(compose("cannot run {}", command[0]), error);
}

}  // namespace smcroute
