// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/background.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/child.h"
#include "os/descriptors.h"
#include "os/file.h"
#include "os/io.h"

namespace smcroute {

namespace {

// Waits for the child's end and returns the status to exit with.
int exit_status_of_child(pid_t child) {
    const std::optional<int> status = wait_for_exit(child);
    if (status && WIFEXITED(*status) && WEXITSTATUS(*status) != 0) {
        return WEXITSTATUS(*status);
    }
    if (status && WIFSIGNALED(*status)) {
        fprintf(stderr, "smcroute: the daemon died during start (signal %d)\n", WTERMSIG(*status));
    } else if (status) {
        fprintf(stderr, "smcroute: the daemon was ended during start\n");
    }
    return static_cast<int>(ExitStatus::kSystem);
}

// A container ends with its process 1. If that is a shell with nothing more to do, it ends now.
void warn_of_shell_as_process_1() {
    constexpr std::array<std::string_view, 5> kShells = {"sh\n", "ash\n", "bash\n", "dash\n",
                                                         "busybox\n"};
    const auto name = read_file("/proc/1/comm", 64);
    const std::string text = name ? name->value_or("") : "";
    if (getppid() == 1 && std::find(kShells.begin(), kShells.end(), text) != kShells.end()) {
        fprintf(stderr,
                "smcroute: warning: process 1 is a shell: when it ends, the container and this "
                "daemon end too ('exec smcroute -n' as its last command goes on)\n");
    }
}

// One byte from the child means that it is ready; if it ends without one, we exit with its status.
// No signal is blocked here, nor Ctrl-\ ignored, so that our caller can end the wait.
int wait_as_parent(UniqueFd from_child, pid_t child) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGQUIT, SIG_DFL);

    char ready = 0;
    if (retry([&] { return read(from_child.get(), &ready, sizeof ready); }) != sizeof ready) {
        return exit_status_of_child(child);
    }
    warn_of_shell_as_process_1();
    return 0;
}

}  // namespace

Status Background::start() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return system_error("cannot go to the background", errno);
    }
    UniqueFd from_child(ends[0]);
    UniqueFd to_parent(ends[1]);

    // With SIGCHLD ignored, as our caller may have left it, there would be no status.
    signal(SIGCHLD, SIG_DFL);
    const pid_t child = fork();
    if (child < 0) {
        return system_error("cannot go to the background", errno);
    }
    if (child > 0) {
        to_parent.reset();
        _exit(wait_as_parent(std::move(from_child), child));
    }
    parent_ = std::move(to_parent);
    setsid();
    if (chdir("/") != 0) {
        return system_error("cannot change to directory /", errno);
    }
    return {};
}

void Background::ready() {
    if (!parent_) {
        return;
    }
    // Without a /dev/null (an empty chroot) the descriptors stay: free numbers would be worse.
    if (const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC)); null) {
        leave_terminal(null.get());
    }
    // If the parent was killed meanwhile, the daemon still runs.
    (void)write_all(parent_.get(), "\1");
    parent_.reset();
}

}  // namespace smcroute
