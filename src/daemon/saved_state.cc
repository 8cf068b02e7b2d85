// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/saved_state.h"

#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "daemon/journal_reader.h"
#include "daemon/restore.h"
#include "os/random_access_file.h"

namespace smcroute {

namespace {

using Trust = SavedStateFiles::Trust;

// Routing goes on; only a successor's knowledge of it is lost.
void log_failure(const Status& status) {
    if (!status) {
        log_err(status.error().text);
    }
}

}  // namespace

Result<Inherited> SavedState::open(const SavedStateFiles& files) {
    Inherited inherited;
    if (files.ledger >= 0) {
        open_ledger(files, inherited);
    }
    if (files.journal >= 0) {
        if (const Status status = open_journal(files, inherited); !status) {
            return status.error();
        }
    }
    return inherited;
}

// Without a readable ledger every VIF is made anew.
void SavedState::open_ledger(const SavedStateFiles& files, Inherited& inherited) {
    ledger_.emplace(files.ledger);
    auto left = ledger_->read();
    if (!left) {
        log_err(compose("{}: every VIF is made anew", left.error().text));
        inherited.ledger = VifLedger{};
    } else if (*left) {
        inherited.ledger = files.trust == Trust::kNothing ? VifLedger{} : **left;
    }
}

Status SavedState::open_journal(const SavedStateFiles& files, Inherited& inherited) {
    if (files.trust == Trust::kAll) {
        take_over_journal(files.journal, inherited);
    } else if (const auto size = RandomAccessFile(files.journal, "the journal").size();
               size && *size > 0) {
        log_warning("reading the files again: what clients have changed is lost");
    }
    if (!journal_) {
        auto journal = Journal::create(files.journal);
        if (!journal) {
            return journal.error();
        }
        journal_.emplace(std::move(*journal));
    }
    recording_.emplace(*files_, *journal_);
    return {};
}

void SavedState::take_over_journal(int fd, Inherited& inherited) {
    const auto contents = read_journal(fd);
    if (contents && contents->empty()) {
        return;  // there was no predecessor
    }
    auto config = contents ? restore(*contents) : Result<ReadConfig>(contents.error());
    if (!config) {
        log_err(compose("{}: reading the files again", config.error().text));
        return;
    }
    inherited.config = std::move(*config);
    journal_.emplace(fd, *contents);
}

void SavedState::begin_load() {
    if (journal_) {
        journal_->begin_load();
    }
}

void SavedState::cancel_load() {
    if (journal_) {
        journal_->cancel_load();
    }
}

void SavedState::commit_load() {
    if (journal_) {
        log_failure(journal_->commit_load());
    }
}

void SavedState::changed(std::span<const std::string> words) {
    if (journal_) {
        journal_->add_command(words);
    }
}

void SavedState::commit_changes(const Daemon& daemon) {
    if (journal_) {
        log_failure(journal_->commit_commands(daemon.state().desired, daemon.files_read()));
    }
}

}  // namespace smcroute
