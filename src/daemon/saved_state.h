// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// SavedState: what the daemon leaves to a successor, as it goes, and what a predecessor has left:
// the journal of what is desired and the ledger of VIFs. Both are in files that outlive the
// process; a daemon that nobody succeeds has none, and then nothing here does anything.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "config/loader.h"
#include "daemon/daemon.h"
#include "daemon/journal.h"
#include "daemon/ledger.h"
#include "daemon/ledger_file.h"

namespace smcroute {

// Descriptors, borrowed; -1 where there is none.
struct SavedStateFiles {
    int journal = -1;
    int ledger = -1;
    int memberships = -1;  // for JoinRecord
    // How much of it to believe, after successors died before they were ready.
    enum class Trust : uint8_t { kAll, kLedger, kNothing };
    Trust trust = Trust::kAll;
};

class SavedState {
public:
    // Borrows the configuration's files.
    explicit SavedState(FileSource& files) : files_(&files) {}

    // What a predecessor has left, for Daemon::start(). What is damaged is logged and done without;
    // only what cannot be written to is an error.
    Result<Inherited> open(const SavedStateFiles& files);

    // For the Daemon; null if nobody wants to know.
    Ledger* ledger() { return ledger_ ? &*ledger_ : nullptr; }
    // The files given, whose answers are recorded while a load is under way.
    FileSource& files() { return recording_ ? *recording_ : *files_; }

    // As the daemon's hooks of these names.
    void begin_load();
    void cancel_load();
    void commit_load();
    void changed(std::span<const std::string> words);
    // What has changed is on record: before anybody is told that it is done, and before a load.
    void commit_changes(const Daemon& daemon);

private:
    Status open_journal(const SavedStateFiles& files, Inherited& inherited);
    void take_over_journal(int fd, Inherited& inherited);
    void open_ledger(const SavedStateFiles& files, Inherited& inherited);

    FileSource* files_;
    std::optional<Journal> journal_;
    std::optional<RecordingFiles> recording_;
    std::optional<LedgerFile> ledger_;
};

}  // namespace smcroute
