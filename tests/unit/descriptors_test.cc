// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/descriptors.h"

#include <string>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

namespace smcroute {

namespace {

// The exit status of the body, run in a process of its own.
int status_of(int (*body)()) {
    const pid_t child = fork();
    if (child == 0) {
        _exit(body());
    }
    int status = 0;
    EXPECT(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST(prepare_descriptors_fills_closed_standard_ones) {
    EXPECT_EQ(status_of([] {
                  close(STDIN_FILENO);
                  close(STDERR_FILENO);
                  prepare_descriptors();
                  const bool filled =
                      fcntl(STDIN_FILENO, F_GETFD) == 0 && fcntl(STDERR_FILENO, F_GETFD) == 0;
                  const int next = open("/dev/null", O_RDONLY);
                  return filled && next > STDERR_FILENO ? 0 : 1;
              }),
              0);
}

TEST(prepare_descriptors_keeps_inherited_ones_from_scripts) {
    EXPECT_EQ(status_of([] {
                  const int inherited = fcntl(open("/dev/null", O_RDONLY), F_DUPFD, 3);
                  const int high = fcntl(inherited, F_DUPFD, 100);
                  prepare_descriptors();
                  const bool sealed = fcntl(inherited, F_GETFD) == FD_CLOEXEC &&
                                      fcntl(high, F_GETFD) == FD_CLOEXEC &&
                                      fcntl(STDOUT_FILENO, F_GETFD) == 0;
                  return sealed ? 0 : 1;
              }),
              0);
}

TEST(duplicate_is_closed_by_exec_until_it_is_inheritable) {
    const UniqueFd file(open("/dev/null", O_RDONLY));
    const UniqueFd copy = duplicate(file.get());
    EXPECT(copy.get() != file.get());
    EXPECT_EQ(fcntl(copy.get(), F_GETFD), FD_CLOEXEC);
    set_inheritable(copy.get(), true);
    EXPECT_EQ(fcntl(copy.get(), F_GETFD), 0);
    set_inheritable(copy.get(), false);
    EXPECT_EQ(fcntl(copy.get(), F_GETFD), FD_CLOEXEC);
    EXPECT(!duplicate(-1));
}

TEST(raise_fd_limit_reaches_the_hard_limit) {
    EXPECT_EQ(status_of([] {
                  rlimit limit{};
                  getrlimit(RLIMIT_NOFILE, &limit);
                  limit.rlim_cur = 16;
                  setrlimit(RLIMIT_NOFILE, &limit);
                  const auto most = raise_fd_limit();
                  getrlimit(RLIMIT_NOFILE, &limit);
                  const bool raised = limit.rlim_cur == limit.rlim_max;
                  return raised && most && *most == limit.rlim_max ? 0 : 1;
              }),
              0);
}

TEST(raise_fd_limit_says_where_there_are_too_few) {
    EXPECT_EQ(status_of([] {
                  const rlimit few{.rlim_cur = 16, .rlim_max = 16};
                  setrlimit(RLIMIT_NOFILE, &few);
                  const auto most = raise_fd_limit();
                  return !most && most.error().text ==
                                      "the limit on open files is 16, and 64 are needed (raise the "
                                      "limit: LimitNOFILE=, ulimit -n)"
                             ? 0
                             : 1;
              }),
              0);
}

}  // namespace smcroute
