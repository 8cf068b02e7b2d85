// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Estate: what the daemon leaves to a successor, as it goes, and what a predecessor has left: the
// journal of what is desired and the ledger of VIFs. Both are in files that outlive the process; a
// daemon that nobody succeeds has none, and then nothing here does anything.
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
struct EstateFiles {
    int journal = -1;
    int ledger = -1;
    int memberships = -1;  // for JoinRecord
    // So much of it did not do its heir any good, who died before it was ready; it is not trusted
    // again.
    enum class Trust : uint8_t { kAll, kLedger, kNothing };
    Trust trust = Trust::kAll;
};

class Estate {
public:
    // Borrows the configuration's files.
    explicit Estate(FileSource& files) : files_(&files) {}

    // What a predecessor has left, for Daemon::start(). What is damaged is logged and done without;
    // only what cannot be written to is an error.
    Result<Legacy> open(const EstateFiles& files);

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
    Status open_journal(const EstateFiles& files, Legacy& legacy);
    void take_over_journal(int fd, Legacy& legacy);
    void open_ledger(const EstateFiles& files, Legacy& legacy);

    FileSource* files_;
    std::optional<Journal> journal_;
    std::optional<RecordingFiles> recording_;
    std::optional<LedgerFile> ledger_;
};

}  // namespace smcroute
