// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/pidfile.h"

#include <cstdlib>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/text.h"
#include "os/file.h"
#include "test.h"

namespace smcroute {

namespace {

struct PidDirectory {
    PidDirectory() {
        EXPECT(mkdtemp(name.data()) != nullptr);
        path = name + "/pid";
    }
    ~PidDirectory() {
        unlink(path.c_str());
        rmdir(name.c_str());
    }
    std::string content() const {
        const auto text = read_file(path, 100);
        return text && *text ? **text : "(none)";
    }

    std::string name = "/tmp/smcroute-test-XXXXXX";
    std::string path;
};

std::string own_pid_line() { return compose("{}\n", getpid()); }

}  // namespace

TEST(pidfile_holds_the_pid_while_it_lives) {
    const PidDirectory directory;
    {
        auto created = PidFile::create(directory.path);
        REQUIRE(created);
        const PidFile moved = std::move(*created);
        EXPECT_EQ(directory.content(), own_pid_line());
    }
    EXPECT_EQ(directory.content(), "(none)");
}

TEST(pidfile_is_readable_for_all_whatever_the_umask_is) {
    const PidDirectory directory;
    const mode_t before = umask(0077);
    const auto pid_file = PidFile::create(directory.path);
    umask(before);
    REQUIRE(pid_file);
    struct stat st {};
    REQUIRE(stat(directory.path.c_str(), &st) == 0);
    EXPECT_EQ(st.st_mode & 07777, 0644U);
}

TEST(pidfile_replaces_an_old_one_and_leaves_nothing_else_behind) {
    const PidDirectory directory;
    for (const std::string& old :
         {directory.path, directory.path + "." + std::to_string(getpid())}) {
        const UniqueFd file(open(old.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        EXPECT_EQ(write(file.get(), "1234567890\n", 11), 11);
    }
    const auto pid_file = PidFile::create(directory.path);
    EXPECT(pid_file);
    EXPECT_EQ(directory.content(), own_pid_line());
    EXPECT_EQ(glob_files(directory.name + "/*"), std::vector<std::string>{directory.path});
}

TEST(pidfile_of_a_successor_is_left_alone) {
    const PidDirectory directory;
    {
        auto pid_file = PidFile::create(directory.path);
        REQUIRE(pid_file);
        unlink(directory.path.c_str());
        const UniqueFd file(open(directory.path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        EXPECT_EQ(write(file.get(), "1\n", 2), 2);
        const Status touched = pid_file->touch();
        REQUIRE(!touched);
        EXPECT_EQ(touched.error().text,
                  compose("cannot touch pid file {}: it is no longer ours", directory.path));
    }
    EXPECT_EQ(directory.content(), "1\n");
}

TEST(pidfile_touch_changes_the_time_and_not_the_content) {
    const PidDirectory directory;
    auto pid_file = PidFile::create(directory.path);
    REQUIRE(pid_file);
    const timespec long_ago[2] = {{1000, 0}, {1000, 0}};
    REQUIRE(utimensat(AT_FDCWD, directory.path.c_str(), long_ago, 0) == 0);
    EXPECT(pid_file->touch());
    struct stat st {};
    REQUIRE(stat(directory.path.c_str(), &st) == 0);
    EXPECT(st.st_mtim.tv_sec > 1000);
    EXPECT_EQ(directory.content(), own_pid_line());
}

TEST(pidfile_error_names_path_and_cause) {
    const auto missing = PidFile::create("/nonexistent/smcroute.pid");
    REQUIRE(!missing);
    EXPECT_EQ(missing.error().text,
              "cannot write pid file /nonexistent/smcroute.pid: No such file or directory");
    EXPECT_EQ(missing.error().status, ExitStatus::kSystem);

    const PidDirectory directory;
    const std::string inner = directory.name + "/pid";
    REQUIRE(mkdir(inner.c_str(), 0700) == 0);
    const auto taken = PidFile::create(inner);
    REQUIRE(!taken);
    EXPECT_EQ(taken.error().text, compose("cannot write pid file {}: Is a directory", inner));
    EXPECT_EQ(glob_files(directory.name + "/*"), std::vector<std::string>{inner});
    rmdir(inner.c_str());
}

}  // namespace smcroute
