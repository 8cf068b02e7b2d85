// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/unique_fd.h"

#include <utility>

#include <fcntl.h>

#include "test.h"

namespace smcroute {

namespace {

int open_null() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

}  // namespace

TEST(unique_fd_is_empty_by_default) {
    const UniqueFd fd;
    EXPECT(!fd);
    EXPECT_EQ(fd.get(), -1);
}

TEST(unique_fd_takes_descriptor_zero_for_a_descriptor) {
    UniqueFd fd(0);
    EXPECT(static_cast<bool>(fd));
    EXPECT_EQ(fd.release(), 0);
}

TEST(unique_fd_closes_when_it_goes) {
    const int number = open_null();
    {
        const UniqueFd fd(number);
        EXPECT(is_open(number));
    }
    EXPECT(!is_open(number));
}

TEST(unique_fd_move_leaves_one_owner) {
    const int number = open_null();
    UniqueFd from(number);
    const UniqueFd to(std::move(from));
    EXPECT(!from);
    EXPECT_EQ(to.get(), number);
    EXPECT(is_open(number));
}

TEST(unique_fd_move_assignment_closes_what_was_held) {
    const int first = open_null();
    const int second = open_null();
    UniqueFd fd(first);
    fd = UniqueFd(second);
    EXPECT(!is_open(first));
    EXPECT_EQ(fd.get(), second);
}

TEST(unique_fd_move_assignment_to_itself_keeps_the_descriptor) {
    const int number = open_null();
    UniqueFd fd(number);
    UniqueFd& same = fd;
    fd = std::move(same);
    EXPECT_EQ(fd.get(), number);
    EXPECT(is_open(number));
}

TEST(unique_fd_release_does_not_close) {
    const int number = open_null();
    UniqueFd fd(number);
    EXPECT_EQ(fd.release(), number);
    EXPECT(!fd);
    EXPECT(is_open(number));
    close(number);
}

TEST(unique_fd_reset_closes_and_takes_over) {
    const int first = open_null();
    const int second = open_null();
    UniqueFd fd(first);
    fd.reset(second);
    EXPECT(!is_open(first));
    EXPECT_EQ(fd.get(), second);
    fd.reset();
    EXPECT(!is_open(second));
}

}  // namespace smcroute
