// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/ledger_file.h"

#include <csignal>
#include <string>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "os/unique_fd.h"
#include "test.h"

namespace smcroute {

namespace {

struct Memory {
    UniqueFd fd{memfd_create("ledger", MFD_CLOEXEC)};
    RandomAccessFile file{fd.get(), "the memory"};

    std::string bytes() const { return *file.read(0, sizeof(VifLedgerBytes)); }
};

// One that differs from others in all of its interesting places.
VifLedger numbered(unsigned number) {
    VifLedger ledger;
    const auto name = IfName::parse(compose("eth{}", number));
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
            return compose("eth{}", i);
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
        EXPECT_EQ(read_from(memory.fd.get()), compose("eth{}", i));
    }
}

TEST(ledger_file_goes_on_where_another_process_left_off) {
    const Memory memory;
    for (unsigned i = 0; i < 5; ++i) {
        LedgerFile file(memory.fd.get());
        EXPECT(file.read());
        file.store(numbered(i));
        EXPECT_EQ(read_from(memory.fd.get()), compose("eth{}", i));
    }
}

// A process that is killed while it does nothing but store leaves a whole one.
TEST(ledger_file_of_a_process_that_was_killed_has_a_whole_ledger) {
    for (int i = 0; i < 50; ++i) {
        const Memory memory;
        const pid_t child = fork();
        if (child == 0) {
            LedgerFile file(memory.fd.get());
            for (unsigned number = 0;; ++number) {
                file.store(numbered(number % 1000));
            }
        }
        while (memory.bytes().empty()) {
        }
        usleep(static_cast<useconds_t>(i * 20));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        EXPECT(read_from(memory.fd.get()).starts_with("eth"));
    }
}

TEST(ledger_file_without_a_whole_ledger_says_so) {
    Memory memory;
    LedgerFile(memory.fd.get()).store(numbered(1));
    EXPECT(memory.file.write(100, "damage"));
    EXPECT_EQ(read_from(memory.fd.get()), "cannot read the ledger of VIFs: its checksum is wrong");
    EXPECT(memory.file.truncate(100));
    EXPECT_EQ(read_from(memory.fd.get()), "cannot read the ledger of VIFs: it has another size");
}

TEST(ledger_file_that_cannot_be_read_says_so) {
    EXPECT_EQ(read_from(-1), "cannot read the ledger of VIFs: Bad file descriptor");
}

}  // namespace smcroute
