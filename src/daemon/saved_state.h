// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// SavedState: what the daemon saves for a successor while it runs, and what a predecessor saved:
// the journal of what is desired and the ledger of VIFs. Both are in files that outlive the
// process; a daemon without a successor has none, and then nothing here does anything.
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

// Borrowed descriptors; -1 for a missing one.
struct SavedStateFiles {
    int journal = -1;
    int ledger = -1;
    int memberships = -1;  // for JoinRecord
    // How much of it to trust, after successors died before they were ready.
    enum class Trust : uint8_t { kAll, kLedger, kNothing };
    Trust trust = Trust::kAll;
};

class SavedState {
public:
    // Borrows the configuration's files.
    explicit SavedState(FileSource& files) : files_(&files) {}

    // Reads what a predecessor left, for Daemon::start(). Damaged parts are logged and ignored; the
    // only error is a file that cannot be written.
    Result<Inherited> open(const SavedStateFiles& files);

    // For the Daemon; null if nobody reads it.
    Ledger* ledger() { return ledger_ ? &*ledger_ : nullptr; }
    // The given files; their answers are recorded while a load is under way.
    FileSource& files() { return recording_ ? *recording_ : *files_; }

    // Called from the Daemon's hooks with the matching names.
    void begin_load();
    void cancel_load();
    void commit_load();
    void changed(std::span<const std::string> words);
    // Writes all changes to the journal. Call it before any client is told that a change is done,
    // and before a load.
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
