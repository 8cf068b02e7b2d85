// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// restore(): turns a journal into the configuration that a daemon continues with. The recorded
// files are loaded and the commands carried out as the first time, by the same code, so that
// everything comes out the same: lines, origins, and which name came first. Pure.
#pragma once

#include "base/result.h"
#include "config/loader.h"
#include "config/read_config.h"
#include "daemon/journal_reader.h"

namespace smcroute {

// The journal must not be empty. The diagnostics are those of the recorded load, which were already
// reported. An Error says what is damaged, and where.
Result<ReadConfig> restore(const JournalContents& journal);

// Answers a load as the recorded one was answered. The same load asks the same questions in the
// same order; from the first question that differs on, every file is missing.
class ReplayFiles final : public FileSource {
public:
    // Borrows the journal.
    explicit ReplayFiles(const JournalContents& journal)
        : reader_(journal.snapshot(), journal.start) {}

    Result<std::optional<std::string>> read(const std::string& path) override;
    std::vector<std::string> glob(const std::string& pattern) override;

    // Success if the load asked for all that was recorded, and nothing else.
    Status check() const;

private:
    std::optional<std::string_view> take(RecordType type);
    void note_damage(std::string_view cause);

    RecordReader reader_;
    uint64_t place_ = 0;  // of the last record taken
    Status status_;
};

}  // namespace smcroute
