// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/privileges.h"

#include <csignal>
#include <string>

#include <pwd.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
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

std::string error_of(std::string_view text) {
    const auto user = look_up_user(text);
    return user ? "(none)" : user.error().text;
}

}  // namespace

TEST(user_is_known_by_name_with_its_own_group) {
    const auto user = look_up_user("root");
    REQUIRE(user);
    EXPECT_EQ(user->name, "root");
    EXPECT_EQ(user->uid, 0U);
    EXPECT_EQ(user->gid, 0U);
    EXPECT(!user->groups.empty());
}

TEST(user_and_group_may_be_numbers_that_nobody_knows) {
    const auto user = look_up_user("4000000001:4000000002");
    REQUIRE(user);
    EXPECT_EQ(user->uid, 4000000001U);
    EXPECT_EQ(user->gid, 4000000002U);
    EXPECT(user->groups.empty());
}

TEST(user_that_makes_no_sense_is_an_error) {
    EXPECT_EQ(error_of("no-such-user"), "there is no user \"no-such-user\"");
    EXPECT_EQ(error_of(""), "there is no user \"\"");
    EXPECT_EQ(error_of("root:no-such-group"), "there is no group \"no-such-group\"");
    EXPECT_EQ(error_of("root:"), "there is no group \"\"");
    EXPECT_EQ(error_of("4000000001"),
              "user 4000000001 has no group: say which, as in 4000000001:GROUP");
}

TEST(user_number_that_means_unchanged_is_refused) {
    EXPECT_EQ(error_of("4294967295:0"), "there is no user \"4294967295\"");
    EXPECT_EQ(error_of("root:4294967295"), "there is no group \"4294967295\"");
}

TEST(default_user_is_one_that_nobody_else_is) {
    if (getpwnam("smcroute") != nullptr) {
        return;
    }
    const UserIdentity user = default_user();
    EXPECT(user.uid >= 60578 && user.uid <= 61183);
    EXPECT_EQ(user.name, std::to_string(user.uid));
    EXPECT_EQ(user.gid, user.uid);
    EXPECT(user.groups.empty());
    EXPECT(getpwuid(user.uid) == nullptr);
    const pid_t other = fork();
    if (other == 0) {
        _exit(setuid(user.uid) == 0 && pause() != 0 ? 0 : 1);
    }
    // Until it is that user, or has ended because it may not be.
    bool ended = false;
    while (default_user().uid == user.uid && !ended) {
        usleep(1000);
        ended = waitpid(other, nullptr, WNOHANG) == other;
    }
    EXPECT(ended || default_user().uid != user.uid);
    if (!ended) {
        kill(other, SIGKILL);
        waitpid(other, nullptr, 0);
    }
    EXPECT_EQ(default_user().uid, user.uid);
}

TEST(group_is_known_by_name_or_number) {
    const auto named = look_up_group("root");
    REQUIRE(named);
    EXPECT_EQ(named->name, "root");
    EXPECT_EQ(named->gid, 0U);
    const auto number = look_up_group("4000000002");
    REQUIRE(number);
    EXPECT_EQ(number->name, "4000000002");
    EXPECT_EQ(number->gid, 4000000002U);
    const auto none = look_up_group("no-such-group");
    REQUIRE(!none);
    EXPECT_EQ(none.error().text, "there is no group \"no-such-group\"");
    EXPECT_EQ(none.error().status, ExitStatus::kUsage);
}

TEST(becoming_the_user_that_we_are_is_no_change) {
    if (geteuid() == 0) {
        return;
    }
    EXPECT(drop_privileges({"me", getuid(), getgid(), {}}));
}

TEST(becoming_another_user_needs_permission) {
    if (geteuid() == 0) {
        return;
    }
    const Status dropped = drop_privileges({"root", 0, 0, {}});
    REQUIRE(!dropped);
    EXPECT_EQ(dropped.error().text, "cannot become user root: Operation not permitted");
    EXPECT_EQ(dropped.error().status, ExitStatus::kNoPermission);
}

// Where another user exists for us: not in a user namespace that knows only root.
TEST(dropped_privileges_are_gone_but_for_the_network) {
    if (geteuid() != 0) {
        return;
    }
    constexpr int kNoOtherUser = 99;
    const int status = status_of([] {
        const uid_t other = 65534;
        if (setresuid(0, other, 0) != 0 || setresuid(0, 0, 0) != 0) {
            return kNoOtherUser;
        }
        const bool could_open_raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IGMP) >= 0;
        if (!drop_privileges({"nobody", other, other, {}})) {
            return 1;
        }
        gid_t group = 0;
        if (getuid() != other || getegid() != other || getgroups(1, &group) != 0) {
            return 2;
        }
        if (setuid(0) == 0 || access("/proc/1/environ", R_OK) == 0) {
            return 3;
        }
        const bool can_open_raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IGMP) >= 0;
        return can_open_raw == could_open_raw ? 0 : 4;
    });
    EXPECT_EQ(status == kNoOtherUser ? 0 : status, 0);
}

}  // namespace smcroute
