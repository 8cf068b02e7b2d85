// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/ledger_file.h"

#include <string>

#include <sys/mman.h>

#include "base/text.h"
#include "os/unique_fd.h"
#include "test.h"

namespace smcroute {

namespace {

constexpr uint64_t kPlaceSize = 4096;
constexpr size_t kWritten = sizeof(VifLedgerBytes) + sizeof(uint64_t);

struct Memory {
    UniqueFd fd{memfd_create("ledger", MFD_CLOEXEC)};
    RandomAccessFile file{fd.get(), "the memory"};

    std::string bytes() const { return *file.read(0, 2 * kPlaceSize); }
};

// One that differs from others in all of its interesting places.
VifLedger numbered(unsigned number) {
    VifLedger ledger;
    const auto name = IfName::parse(cat({"eth", std::to_string(number)}));
    ledger[0][number % kSlotCount] = VifRecord{*name, number + 1, VifRecord::State::kLive};
    ledger[1][kSlotCount - 1] = VifRecord{*name, number, VifRecord::State::kGone};
    return ledger;
}

// "none", "eth7" of numbered(7), or the error.
std::string read_from(int fd) {
    LedgerFile file(fd);
    const auto ledger = file.read();
    if (!ledger) {
        return ledger.error().text;
    }
    if (!*ledger) {
        return "none";
    }
    for (unsigned i = 0; i < 1000; ++i) {
        if (**ledger == numbered(i)) {
            return cat({"eth", std::to_string(i)});
        }
    }
    return "another";
}

}  // namespace

TEST(ledger_file_in_which_nothing_was_stored_has_none) {
    const Memory memory;
    EXPECT_EQ(read_from(memory.fd.get()), "none");
}

TEST(ledger_file_gives_back_what_was_stored_last) {
    const Memory memory;
    LedgerFile file(memory.fd.get());
    for (unsigned i = 0; i < 300; ++i) {
        file.store(numbered(i));
        EXPECT_EQ(read_from(memory.fd.get()), cat({"eth", std::to_string(i)}));
    }
}

TEST(ledger_file_goes_on_where_another_process_left_off) {
    const Memory memory;
    for (unsigned i = 0; i < 5; ++i) {
        LedgerFile file(memory.fd.get());
        EXPECT(file.read());
        file.store(numbered(i));
        EXPECT_EQ(read_from(memory.fd.get()), cat({"eth", std::to_string(i)}));
    }
}

// The process is killed after any number of bytes, in the first writing of a place or a later one.
TEST(ledger_file_cut_off_in_a_store_has_the_last_or_the_one_before) {
    for (const unsigned before : {0U, 1U, 2U, 3U, 254U, 255U, 256U}) {
        Memory memory;
        LedgerFile file(memory.fd.get());
        for (unsigned i = 0; i < before; ++i) {
            file.store(numbered(i));
        }
        const std::string old = memory.bytes();
        file.store(numbered(before));
        const std::string whole = memory.bytes();
        const std::string last = cat({"eth", std::to_string(before)});
        const std::string one_before =
            before == 0 ? "none" : cat({"eth", std::to_string(before - 1)});
        const uint64_t place = (before + 1) % 2 * kPlaceSize;
        for (size_t cut = 0; cut <= kWritten; ++cut) {
            EXPECT(memory.file.truncate(0) && memory.file.write(0, old) &&
                   memory.file.write(place, std::string_view(whole).substr(place, cut)));
            const std::string found = read_from(memory.fd.get());
            if (found != one_before) {
                EXPECT_EQ(found, last);
            }
            if (cut == kWritten) {
                EXPECT_EQ(found, last);
            }
        }
    }
}

TEST(ledger_file_goes_on_behind_a_store_that_was_cut_off) {
    Memory memory;
    {
        LedgerFile file(memory.fd.get());
        file.store(numbered(1));
        file.store(numbered(2));
        EXPECT(memory.file.write(kPlaceSize, "half of another"));
    }
    LedgerFile file(memory.fd.get());
    EXPECT(file.read());
    file.store(numbered(3));
    EXPECT_EQ(read_from(memory.fd.get()), "eth3");
    file.store(numbered(4));
    EXPECT_EQ(read_from(memory.fd.get()), "eth4");
}

TEST(ledger_file_without_a_whole_ledger_says_so) {
    Memory memory;
    LedgerFile(memory.fd.get()).store(numbered(1));
    EXPECT(memory.file.write(kPlaceSize + 100, "damage"));
    EXPECT_EQ(read_from(memory.fd.get()), "cannot read the ledger of VIFs: its checksum is wrong");
}

TEST(ledger_file_that_cannot_be_read_says_so) {
    EXPECT_EQ(read_from(-1), "cannot read the ledger of VIFs: Bad file descriptor");
}

}  // namespace smcroute
