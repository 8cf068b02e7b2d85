// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/memory_file.h"

#include <cerrno>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "test.h"

namespace smcroute {

TEST(memory_file_cannot_be_sealed) {
    const auto file = create_memory_file("test", "text");
    REQUIRE(file);
    EXPECT(fcntl(file->get(), F_ADD_SEALS, F_SEAL_WRITE) != 0);
    EXPECT(pwrite(file->get(), "more", 4, 4) == 4);
    EXPECT(is_memory_file(file->get()));
}

TEST(memory_file_cannot_be_executed_where_the_kernel_can_prevent_it) {
    constexpr unsigned kNeverExecutable = 8;
    const UniqueFd probe(memfd_create("probe", MFD_CLOEXEC | kNeverExecutable));
    const auto file = create_memory_file("test");
    REQUIRE(file);
    if (!probe) {
        return;
    }
    struct stat st {};
    EXPECT(fstat(file->get(), &st) == 0);
    EXPECT_EQ(st.st_mode & 0111, 0U);
    EXPECT(fchmod(file->get(), 0700) != 0);
}

TEST(memory_file_is_told_from_other_files) {
    const UniqueFd sealed(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT(is_memory_file(sealed.get()));
    EXPECT(fcntl(sealed.get(), F_ADD_SEALS, F_SEAL_GROW) == 0);
    EXPECT(!is_memory_file(sealed.get()));

    const auto file = create_memory_file("test");
    REQUIRE(file);
    const UniqueFd for_reading(open(compose("/proc/self/fd/{}", file->get()).c_str(), O_RDONLY));
    EXPECT(!is_memory_file(for_reading.get()));

    // On a tmpfs, that is, where there is one.
    std::string path = "/dev/shm/smcroute-test-XXXXXX";
    const UniqueFd named(mkstemp(path.data()));
    EXPECT(!is_memory_file(named.get()));
    unlink(path.c_str());

    EXPECT(!is_memory_file(-1));
}

}  // namespace smcroute
