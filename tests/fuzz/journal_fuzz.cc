// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Any bytes as a journal: the whole file, or only a log behind a header that is in order. What must
// hold: it is read or refused in words; what can be restored survives compaction unchanged.

#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/mman.h>

#include "base/check.h"
#include "daemon/journal.h"
#include "daemon/journal_reader.h"
#include "daemon/restore.h"
#include "same_config.h"

using namespace smcroute;

namespace {

struct Memory {
    int fd = memfd_create("journal", MFD_CLOEXEC);
    RandomAccessFile file{fd, "the journal"};
};

void check_error(const Error& error) {
    CHECK(error.text.starts_with("the journal is damaged at byte "));
}

void check_compaction(const ReadConfig& config) {
    static Memory memory;
    auto journal = Journal::create(memory.fd);
    CHECK(journal && journal->compact(config.desired, config.files));
    const auto contents = read_journal(memory.fd);
    CHECK(contents);
    const auto again = restore(*contents);
    CHECK(again);
    CHECK(config.files == again->files);
    check_same(config.desired, again->desired);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Memory memory;
    std::string bytes(data, data + size);
    if (!bytes.starts_with(kJournalMagic)) {
        bytes.insert(0, encode_journal_header(kJournalHeaderSize, kJournalHeaderSize + size));
    }
    CHECK(memory.file.truncate(0) && memory.file.write(0, bytes));
    const auto contents = read_journal(memory.fd);
    if (!contents) {
        check_error(contents.error());
        return 0;
    }
    const auto config = restore(*contents);
    if (!config) {
        check_error(config.error());
        return 0;
    }
    check_compaction(*config);
    return 0;
}
