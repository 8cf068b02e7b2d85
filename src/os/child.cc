// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/child.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "os/exit_status.h"
#include "os/file.h"
#include "os/io.h"
#include "os/unique_fd.h"

namespace smcroute {

namespace {

// A command without a '/' is looked up in PATH by the shell.
bool is_executable_file(const std::string& command) {
    struct stat st {};
    return command.find('/') != std::string::npos && stat(command.c_str(), &st) == 0 &&
           S_ISREG(st.st_mode) && access(command.c_str(), X_OK) == 0;
}

std::vector<std::string> environment_with(const EnvironmentOverrides& overrides) {
    std::vector<std::string> result;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::string_view name = text.substr(0, text.find('='));
        const bool overridden = std::any_of(overrides.begin(), overrides.end(),
                                            [&](const auto& pair) { return pair.first == name; });
        if (!overridden) {
            result.emplace_back(text);
        }
    }
    for (const auto& [name, value] : overrides) {
        result.push_back(compose("{}={}", name, value));
    }
    return result;
}

// The child's environment for posix_spawn(): descriptors and signals.
class Surroundings {
public:
    Surroundings() {
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        sigset_t set;
        sigemptyset(&set);
        posix_spawnattr_setsigmask(&attributes, &set);
        sigfillset(&set);
        posix_spawnattr_setsigdefault(&attributes, &set);
    }
    Surroundings(const Surroundings&) = delete;
    Surroundings& operator=(const Surroundings&) = delete;
    ~Surroundings() {
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
    }

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
};

// Returns 0 or an errno.
int start(const std::vector<std::string>& words, const std::vector<std::string>& environment,
          pid_t& pid) {
    const Surroundings surroundings;
    const std::vector<char*> argv = pointers_to(words);
    const std::vector<char*> envp = pointers_to(environment);
    return posix_spawn(&pid, argv[0], &surroundings.actions, &surroundings.attributes, argv.data(),
                       envp.data());
}

}  // namespace

Result<pid_t> spawn(const std::string& command, const std::vector<std::string>& arguments,
                    const EnvironmentOverrides& environment_overrides) {
    std::vector<std::string> words = {command};
    if (!is_executable_file(command)) {
        words = {"/bin/sh", "-c", compose("{} \"$@\"", command), "sh"};
    }
    words.insert(words.end(), arguments.begin(), arguments.end());
    const std::vector<std::string> environment = environment_with(environment_overrides);

    pid_t pid = 0;
    int error = start(words, environment, pid);
    if (error == ENOEXEC) {
        // The shell runs a script without a "#!" line.
        words.insert(words.begin(), "/bin/sh");
        error = start(words, environment, pid);
    }
    if (error != 0) {
        return system_error(compose("cannot run {}", command), error, exit_status_of(error));
    }
    return pid;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const std::string& text : texts) {
        pointers.push_back(const_cast<char*>(text.c_str()));
    }
    pointers.push_back(nullptr);
    return pointers;
}

Result<std::string> answer_of_child(const std::function<std::string()>& work) {
    constexpr size_t kLongest = size_t{1} << 20;
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
        return system_error("cannot make a pipe", errno, exit_status_of(errno));
    }
    UniqueFd in(ends[0]);
    UniqueFd out(ends[1]);
    const pid_t pid = fork();
    if (pid < 0) {
        return system_error("cannot start a process", errno, exit_status_of(errno));
    }
    if (pid == 0) {
        _exit(write_all(out.get(), work()) ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    out.reset();
    auto answer = read_rest(in.get(), "the answer of a process", kLongest);
    in.reset();
    const std::optional<int> status = wait_for_exit(pid);
    if (answer && status && *status != 0) {
        return Error{compose("a process {}", describe_exit(*status)), ExitStatus::kSystem};
    }
    return answer;
}

std::optional<int> wait_for_exit(pid_t pid) {
    int status = 0;
    return retry([&] { return waitpid(pid, &status, 0); }) < 0 ? std::nullopt
                                                               : std::optional(status);
}

std::vector<ExitedChild> reap() {
    std::vector<ExitedChild> exited;
    ExitedChild child;
    while ((child.pid = retry([&] { return waitpid(-1, &child.status, WNOHANG); })) > 0) {
        exited.push_back(child);
    }
    return exited;
}

std::string describe_exit(int wait_status) {
    if (WIFEXITED(wait_status)) {
        return compose("exited with status {}", WEXITSTATUS(wait_status));
    }
    const int signal = WTERMSIG(wait_status);
    return compose("was killed by signal {} ({})", signal, strsignal(signal));
}

}  // namespace smcroute
