// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/owned_path.h"

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <unistd.h>

#include "base/text.h"
#include "test.h"

namespace smcroute {

namespace {

struct LinkDirectory {
    LinkDirectory() {
        EXPECT(mkdtemp(name.data()) != nullptr);
        path = name + "/link";
    }
    ~LinkDirectory() {
        unlink(path.c_str());
        rmdir(name.c_str());
    }
    std::string target() const {
        char text[PATH_MAX];
        const ssize_t size = readlink(path.c_str(), text, sizeof text);
        return size < 0 ? "" : std::string(text, static_cast<size_t>(size));
    }

    std::string name = "/tmp/smcroute-link-XXXXXX";
    std::string path;
};

}  // namespace

TEST(owned_path_links_to_a_file_beside_it_and_removes_the_link) {
    const LinkDirectory directory;
    {
        const auto link = OwnedPath::link(directory.path, directory.name + "/file");
        REQUIRE(link);
        EXPECT_EQ(directory.target(), "file");
    }
    EXPECT_EQ(directory.target(), "");
}

TEST(owned_path_link_takes_the_place_of_a_link_only) {
    const LinkDirectory directory;
    EXPECT_EQ(symlink("elsewhere", directory.path.c_str()), 0);
    REQUIRE(OwnedPath::link(directory.path, directory.name + "/file"));
    FILE* const file = fopen(directory.path.c_str(), "w");
    REQUIRE(file != nullptr);
    fclose(file);
    const auto link = OwnedPath::link(directory.path, directory.name + "/file");
    REQUIRE(!link);
    EXPECT_EQ(link.error().text,
              compose("cannot link {} to {}/file: File exists", directory.path, directory.name));
    EXPECT_EQ(access(directory.path.c_str(), F_OK), 0);
}

}  // namespace smcroute
