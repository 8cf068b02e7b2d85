// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "os/random_access_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "os/unique_fd.h"
#include "test.h"

namespace smcroute {

namespace {

struct Memory {
    UniqueFd fd{memfd_create("test", MFD_CLOEXEC)};
    RandomAccessFile file{fd.get(), "the file"};

    // What it takes, in bytes.
    int64_t room() const {
        struct stat st {};
        EXPECT_EQ(fstat(fd.get(), &st), 0);
        return int64_t{st.st_blocks} * 512;
    }
};

std::string text_of(const Result<std::string>& read) { return read ? *read : read.error().text; }

}  // namespace

TEST(a_random_access_file_has_what_was_written_at_each_place) {
    Memory memory;
    EXPECT(memory.file.write(5, "second"));
    EXPECT(memory.file.write(0, "first"));
    EXPECT_EQ(*memory.file.size(), 11U);
    EXPECT_EQ(text_of(memory.file.read(0, 11)), "firstsecond");
    EXPECT_EQ(text_of(memory.file.read(5, 3)), "sec");
    EXPECT(memory.file.truncate(7));
    EXPECT_EQ(text_of(memory.file.read(5, 100)), "se");
    EXPECT_EQ(text_of(memory.file.read(100, 100)), "");
}

TEST(a_random_access_file_takes_places_beyond_four_gigabytes) {
    Memory memory;
    const uint64_t place = (uint64_t{1} << 32) + 5;
    EXPECT(memory.file.write(place, "far"));
    EXPECT_EQ(text_of(memory.file.read(place, 10)), "far");
    EXPECT_EQ(text_of(memory.file.read(5, 3)), std::string(3, '\0'));
}

TEST(a_random_access_file_gives_the_room_between_two_places_back) {
    Memory memory;
    EXPECT(memory.file.write(0, std::string(1 << 20, 'x')));
    const int64_t before = memory.room();
    memory.file.punch(100, (1 << 20) - 100);
    EXPECT(memory.room() < before / 4);
    EXPECT_EQ(*memory.file.size(), uint64_t{1} << 20);
    EXPECT_EQ(text_of(memory.file.read(98, 4)), std::string("xx\0\0", 4));
    EXPECT_EQ(text_of(memory.file.read((1 << 20) - 102, 4)), std::string("\0\0xx", 4));
}

TEST(a_random_access_file_tells_what_it_cannot_do) {
    const UniqueFd null(open("/dev/null", O_WRONLY | O_CLOEXEC));
    RandomAccessFile file(null.get(), "the file");
    EXPECT_EQ(text_of(file.read(0, 1)), "cannot read the file: Bad file descriptor");
    EXPECT_EQ(file.truncate(0).error().text, "cannot shorten the file: Invalid argument");
    RandomAccessFile closed(-1, "the file");
    EXPECT_EQ(closed.write(0, "x").error().text, "cannot write the file: Bad file descriptor");
    EXPECT_EQ(closed.size().error().text, "cannot read the file: Bad file descriptor");
}

}  // namespace smcroute
