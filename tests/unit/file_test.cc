// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/file.h"

#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "os/unique_fd.h"
#include "test.h"

namespace smcroute {

namespace {

struct Directory {
    Directory() { EXPECT(mkdtemp(name.data()) != nullptr); }
    ~Directory() {
        for (const std::string& path : glob_files(name + "/*")) {
            unlink(path.c_str());
        }
        rmdir(name.c_str());
    }
    std::string make(const std::string& file, const std::string& text) const {
        const std::string path = compose("{}/{}", name, file);
        const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        EXPECT_EQ(write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
        return path;
    }

    std::string name = "/tmp/smcroute-test-XXXXXX";
};

std::string content_of(const std::string& path, size_t limit) {
    const auto text = read_file(path, limit);
    return !text ? text.error().text : *text ? **text : "(none)";
}

}  // namespace

TEST(read_file_gives_the_whole_content) {
    const Directory directory;
    const std::string large(200'000, 'x');
    EXPECT_EQ(content_of(directory.make("empty", ""), 10), "");
    EXPECT_EQ(content_of(directory.make("small", std::string("a\0b\n", 4)), 10),
              std::string("a\0b\n", 4));
    EXPECT_EQ(content_of(directory.make("large", large), 1'000'000), large);
}

TEST(read_file_tells_a_missing_file_from_an_unreadable_one) {
    EXPECT_EQ(content_of("/nonexistent/file", 10), "(none)");
    EXPECT_EQ(content_of("/dev/null/file", 10), "cannot read /dev/null/file: Not a directory");
}

TEST(read_file_refuses_a_directory) {
    const Directory directory;
    EXPECT_EQ(content_of(directory.name, 10),
              compose("cannot read {}: Is a directory", directory.name));
}

TEST(read_file_stops_at_the_limit) {
    const Directory directory;
    const std::string path = directory.make("file", "12345");
    EXPECT_EQ(content_of(path, 5), "12345");
    EXPECT_EQ(content_of(path, 4), compose("cannot read {}: it has more than 4 bytes", path));
    EXPECT_EQ(content_of("/dev/zero", 100'000),
              "cannot read /dev/zero: it has more than 100000 bytes");
}

TEST(read_file_reads_a_pipe_to_its_end) {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    const UniqueFd output(ends[0]);
    UniqueFd input(ends[1]);
    EXPECT_EQ(write(input.get(), "piped", 5), 5);
    input.reset();
    EXPECT_EQ(content_of(compose("/dev/fd/{}", output.get()), 10), "piped");
}

TEST(glob_files_are_sorted) {
    const Directory directory;
    const std::string b = directory.make("b.conf", "");
    const std::string a = directory.make("a.conf", "");
    directory.make("c.other", "");
    EXPECT_EQ(glob_files(directory.name + "/*.conf"), (std::vector<std::string>{a, b}));
    EXPECT_EQ(glob_files(a), std::vector<std::string>{a});
}

TEST(glob_without_a_match_is_empty) {
    const Directory directory;
    EXPECT_EQ(glob_files(directory.name + "/*"), std::vector<std::string>{});
    EXPECT_EQ(glob_files(directory.name + "/none"), std::vector<std::string>{});
}

TEST(absolute_path_puts_the_working_directory_first) {
    const UniqueFd before(open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(chdir("/proc") == 0);
    EXPECT_EQ(absolute_path("my.conf"), "/proc/my.conf");
    EXPECT_EQ(absolute_path("/etc/my.conf"), "/etc/my.conf");
    EXPECT_EQ(absolute_path(""), "");
    EXPECT(fchdir(before.get()) == 0);
}

}  // namespace smcroute
