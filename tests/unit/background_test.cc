// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/background.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <string>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/event_loop.h"
#include "test.h"

namespace smcroute {

namespace {

struct Outcome {
    int status = -1;     // exit status of the process that was started from the terminal
    std::string errors;  // what it and the daemon wrote to stderr
};

std::string read_to_end(int fd) {
    std::string text;
    std::array<char, 256> buffer;
    for (;;) {
        const ssize_t size = read(fd, buffer.data(), buffer.size());
        if (size > 0) {
            text.append(buffer.data(), static_cast<size_t>(size));
        } else if (size == 0 || errno != EINTR) {
            return text;
        }
    }
}

// Returns in the child; the parent exits as it is told.
void start_or_exit(Background& background) {
    if (!background.start()) {
        _exit(100);
    }
}

// Runs `daemon` behind Background::start() in a process of its own, and waits until every process
// that has the stderr is gone.
Outcome run_in_background(void (*daemon)(Background&)) {
    std::array<int, 2> ends{-1, -1};
    EXPECT(pipe2(ends.data(), O_CLOEXEC) == 0);
    const UniqueFd errors(ends[0]);
    UniqueFd child_errors(ends[1]);
    const pid_t starter = fork();
    if (starter == 0) {
        dup2(child_errors.get(), STDERR_FILENO);
        child_errors.reset();
        Background background;
        start_or_exit(background);
        daemon(background);
        _exit(101);
    }
    child_errors.reset();
    Outcome outcome;
    outcome.errors = read_to_end(errors.get());
    int status = 0;
    EXPECT(waitpid(starter, &status, 0) == starter);
    EXPECT(WIFEXITED(status));
    outcome.status = WEXITSTATUS(status);
    return outcome;
}

void say(const std::string& text) { EXPECT(write(STDERR_FILENO, text.data(), text.size()) >= 0); }

std::string link_target(const char* path) {
    std::array<char, 256> target;
    const ssize_t size = readlink(path, target.data(), target.size());
    return std::string(target.data(), size < 0 ? 0 : static_cast<size_t>(size));
}

}  // namespace

TEST(background_parent_exits_with_0_when_the_daemon_is_ready) {
    const Outcome outcome = run_in_background([](Background& background) {
        background.ready();
        _exit(3);
    });
    EXPECT_EQ(outcome.status, 0);
    EXPECT_EQ(outcome.errors, "");
}

TEST(background_daemon_has_its_own_session_in_the_root_directory) {
    const Outcome outcome = run_in_background([](Background& background) {
        say(getsid(0) == getpid() ? "own session, " : "session of another, ");
        say(link_target("/proc/self/cwd"));
        background.ready();
        _exit(0);
    });
    EXPECT_EQ(outcome.errors, "own session, /");
}

TEST(background_ready_daemon_is_off_the_terminal) {
    const Outcome outcome = run_in_background([](Background& background) {
        const int errors = dup(STDERR_FILENO);
        background.ready();
        std::string text;
        for (const char* path : {"/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"}) {
            text += link_target(path) + " ";
        }
        EXPECT(write(errors, text.data(), text.size()) >= 0);
        _exit(0);
    });
    EXPECT_EQ(outcome.errors, "/dev/null /dev/null /dev/null ");
}

TEST(background_parent_exits_with_the_status_of_a_failed_daemon) {
    const Outcome exited = run_in_background([](Background&) {
        say("the reason\n");
        _exit(static_cast<int>(ExitStatus::kNoPermission));
    });
    EXPECT_EQ(exited.status, 77);
    EXPECT_EQ(exited.errors, "the reason\n");
}

TEST(background_parent_tells_of_a_daemon_that_crashed) {
    const Outcome outcome = run_in_background([](Background&) { raise(SIGKILL); });
    EXPECT_EQ(outcome.status, 71);
    EXPECT_EQ(outcome.errors, "smcroute: the daemon died during start (signal 9)\n");
}

TEST(background_parent_does_not_take_an_ended_daemon_for_a_ready_one) {
    const Outcome outcome = run_in_background([](Background&) { _exit(0); });
    EXPECT_EQ(outcome.status, 71);
    EXPECT_EQ(outcome.errors, "smcroute: the daemon was ended during start\n");
}

TEST(background_works_where_sigchld_was_ignored) {
    const pid_t starter = fork();
    if (starter == 0) {
        signal(SIGCHLD, SIG_IGN);
        Background background;
        start_or_exit(background);
        _exit(78);
    }
    int status = 0;
    EXPECT(waitpid(starter, &status, 0) == starter);
    EXPECT_EQ(WEXITSTATUS(status), 78);
}

TEST(background_daemon_keeps_its_signals_blocked_and_the_parent_does_not) {
    const pid_t starter = fork();
    if (starter == 0) {
        block_signals({SIGTERM});
        Background background;
        start_or_exit(background);
        sigset_t mask;
        sigprocmask(SIG_SETMASK, nullptr, &mask);
        if (sigismember(&mask, SIGTERM) != 1 || sigismember(&mask, SIGHUP) != 0) {
            _exit(100);
        }
        raise(SIGTERM);
        kill(getppid(), SIGTERM);
        _exit(0);
    }
    int status = 0;
    EXPECT(waitpid(starter, &status, 0) == starter);
    EXPECT(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

TEST(background_in_the_foreground_does_nothing) {
    Background background;
    background.ready();
    EXPECT(link_target("/proc/self/fd/1") != "");
}

}  // namespace smcroute
