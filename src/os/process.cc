// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <memory>

#include <dirent.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "os/file.h"

// These numbers are the same on every architecture; the C library's headers may be older than the
// kernel.
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

namespace smcroute {

namespace {

constexpr std::chrono::seconds kEndsWithin{5};
constexpr int kPauseMs = 1;

struct CloseDirectory {
    void operator()(DIR* directory) const { closedir(directory); }
};

UniqueFd open_process(pid_t process) {
    return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, static_cast<long>(process), 0)));
}

std::string proc(pid_t process, std::string_view file) {
    return compose("/proc/{}/{}", process, file);
}

std::vector<int> numbers_in(const std::string& path) {
    std::vector<int> numbers;
    const std::unique_ptr<DIR, CloseDirectory> directory(opendir(path.c_str()));
    while (const dirent* entry = directory ? readdir(directory.get()) : nullptr) {
        if (const auto number = parse_number<int>(entry->d_name)) {
            numbers.push_back(*number);
        }
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

}  // namespace

bool ends_within(pid_t process, std::chrono::milliseconds patience) {
    const auto give_up = std::chrono::steady_clock::now() + patience;
    const UniqueFd handle = open_process(process);
    if (handle) {
        pollfd entry{.fd = handle.get(), .events = POLLIN, .revents = 0};
        return poll(&entry, 1, static_cast<int>(patience.count())) > 0;
    }
    while (kill(process, 0) == 0 || errno == EPERM) {
        if (std::chrono::steady_clock::now() >= give_up) {
            return false;
        }
        poll(nullptr, 0, kPauseMs);
    }
    return true;
}

Status end_process(pid_t process) {
    if (kill(process, SIGKILL) != 0) {
        return errno == ESRCH ? Status()
                              : system_error(compose("cannot end process {}", process), errno);
    }
    while (waitpid(process, nullptr, 0) < 0) {
        if (errno == ECHILD) {
            return ends_within(process, kEndsWithin)
                       ? Status()
                       : Error{compose("process {} does not end", process), ExitStatus::kSystem};
        }
    }
    return {};
}

std::string process_name(pid_t process) {
    constexpr size_t kLimit = 256;
    const auto text = read_file(proc(process, "comm"), kLimit);
    std::string name = text ? text->value_or("") : "";
    while (name.ends_with('\n')) {
        name.pop_back();
    }
    return name;
}

std::optional<std::vector<UniqueFd>> descriptors_of(pid_t process) {
    const UniqueFd handle = open_process(process);
    const std::vector<int> numbers = numbers_in(proc(process, "fd"));
    if (!handle || numbers.empty()) {
        return std::nullopt;
    }
    std::vector<UniqueFd> copies;
    for (const int number : numbers) {
        UniqueFd copy(static_cast<int>(syscall(SYS_pidfd_getfd, handle.get(), number, 0)));
        if (copy) {
            copies.push_back(std::move(copy));
        } else if (errno != EBADF) {
            return std::nullopt;
        }
    }
    return copies;
}

}  // namespace smcroute
