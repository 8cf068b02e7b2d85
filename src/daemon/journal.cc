// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/journal.h"

#include <algorithm>

#include "daemon/journal_reader.h"

namespace smcroute {

namespace {

// Commands are never compacted before they take this much space.
constexpr uint64_t kShortLog = uint64_t{1} << 20;
// The approximate size of one route or join in a snapshot.
constexpr uint64_t kSpecSize = 64;

RandomAccessFile journal_file(int fd) { return {fd, "the journal"}; }

}  // namespace

Journal::Journal(int fd, uint64_t start, uint64_t commands_at, uint64_t end)
    : file_(journal_file(fd)), start_(start), commands_at_(commands_at), end_(end) {}

Journal::Journal(int fd, const JournalContents& contents)
    : Journal(fd, contents.start, contents.commands_at, contents.end()) {
    // Drops what the other process wrote behind the log; if that fails only space is lost.
    (void)file_.truncate(end_);
}

Result<Journal> Journal::create(int fd) {
    Journal journal(fd, kJournalHeaderSize, kJournalHeaderSize, kJournalHeaderSize);
    for (const Status& status :
         {journal.file_.truncate(0),
          journal.file_.write(0, encode_journal_header(journal.start_, journal.end_))}) {
        if (!status) {
            return status.error();
        }
    }
    return journal;
}

void Journal::begin_load() {
    cancel_load();
    load_.emplace(file_, end_);
}

void Journal::add_file(const std::string& path, const Result<std::optional<std::string>>& content) {
    if (load_) {
        load_->put_file(path, content);
    }
}

void Journal::add_glob(const std::string& pattern, const std::vector<std::string>& names) {
    if (load_) {
        load_->put_glob(pattern, names);
    }
}

Status Journal::commit_load() {
    if (!load_) {
        return {};
    }
    const Status status = replace_log(*load_);
    load_.reset();
    return status;
}

void Journal::cancel_load() {
    if (load_) {
        load_.reset();
        // If this fails, the records are overwritten later.
        (void)file_.truncate(end_);
    }
}

void Journal::add_command(std::span<const std::string> words) {
    if (!commands_) {
        commands_.emplace(file_, end_);
    }
    commands_->put_command(words);
}

Status Journal::commit_commands(const Desired& desired, std::span<const std::string> files) {
    if (!commands_) {
        return {};
    }
    const Status status =
        stale_ || is_long(desired) ? compact(desired, files) : extend_log(*commands_);
    commands_.reset();
    return status;
}

bool Journal::is_long(const Desired& desired) const {
    const uint64_t specs = desired.routes().size() + desired.rules().all().size() +
                           desired.joins().size() + desired.phyints().size();
    return end_ - commands_at_ > std::max(kShortLog, 4 * specs * kSpecSize);
}

Status Journal::compact(const Desired& desired, std::span<const std::string> files) {
    RecordWriter writer(file_, end_);
    writer.put_desired(desired, files);
    return replace_log(writer);
}

Status Journal::extend_log(RecordWriter& writer) {
    const auto end = writer.finish();
    if (!end) {
        return fail(end.error());
    }
    if (const Status status = file_.write(0, encode_journal_header(start_, *end)); !status) {
        return fail(status.error());
    }
    end_ = *end;
    return {};
}

Status Journal::replace_log(RecordWriter& writer) {
    const auto end = writer.finish();
    if (!end) {
        return fail(end.error());
    }
    if (const Status status = file_.write(0, encode_journal_header(end_, *end)); !status) {
        return fail(status.error());
    }
    file_.punch(start_, end_);
    start_ = end_;
    end_ = *end;
    commands_at_ = *end;
    stale_ = false;
    return {};
}

Status Journal::fail(Error error) {
    stale_ = true;
    (void)file_.truncate(end_);
    return error;
}

Result<std::optional<std::string>> RecordingFiles::read(const std::string& path) {
    auto content = source_.read(path);
    journal_.add_file(path, content);
    return content;
}

std::vector<std::string> RecordingFiles::glob(const std::string& pattern) {
    std::vector<std::string> names = source_.glob(pattern);
    journal_.add_glob(pattern, names);
    return names;
}

}  // namespace smcroute
