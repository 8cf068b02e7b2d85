// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Journal: what is desired, in a file that outlives the process (a memfd that another process
// holds), so that a successor can continue with exactly that: the content of the configuration
// files when they were last loaded, whatever is on the disk by now, and what clients have changed
// since. It records inputs, not results; restore() (restore.h) runs them through the same code
// again.
//
// The invariant: the log that the header (journal_format.h) points to is whole at any moment. New
// records are written behind its end, then one write of the header adds them; so the process may be
// killed anywhere. A new snapshot goes behind the old log, whose space is then given back: offsets
// only grow, space does not.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/loader.h"
#include "daemon/journal_writer.h"
#include "mcast/desired.h"
#include "os/random_access_file.h"

namespace smcroute {

struct JournalContents;  // journal_reader.h

class Journal {
public:
    // An empty journal, replacing everything in the file. The descriptor is borrowed.
    static Result<Journal> create(int fd);
    // Continues a journal that was read.
    Journal(int fd, const JournalContents& contents);

    // A load records its files as they are read: first begin_load(), then its reads, then
    // commit_load() if it is what is desired now. Until then, and if it fails, the journal says
    // what it said before. No command comes in between, and earlier commands are committed.
    void begin_load();
    void add_file(const std::string& path, const Result<std::optional<std::string>>& content);
    void add_glob(const std::string& pattern, const std::vector<std::string>& names);
    Status commit_load();
    void cancel_load();

    // Adds a command that has changed what is desired.
    void add_command(std::span<const std::string> words);
    // Writes the commands added since to the log; `desired` is their result. If the commands take
    // much more room than `desired`, or after a failure, `desired` is written instead.
    Status commit_commands(const Desired& desired, std::span<const std::string> files);

    // Writes all that is desired, in place of its history. `files` are the names that Origin.file
    // indexes.
    Status compact(const Desired& desired, std::span<const std::string> files);

private:
    Journal(int fd, uint64_t start, uint64_t commands_at, uint64_t end);

    bool is_long(const Desired& desired) const;
    Status replace_log(RecordWriter& writer);
    Status extend_log(RecordWriter& writer);
    Status fail(Error error);

    RandomAccessFile file_;
    uint64_t start_;
    uint64_t commands_at_;
    uint64_t end_;
    bool stale_ = false;  // a write failed, so the log lacks something
    std::optional<RecordWriter> load_;
    std::optional<RecordWriter> commands_;  // not yet in the log
};

// Passes questions on and records the answers while the journal records a load.
class RecordingFiles final : public FileSource {
public:
    // Borrows both.
    RecordingFiles(FileSource& source, Journal& journal) : source_(source), journal_(journal) {}

    Result<std::optional<std::string>> read(const std::string& path) override;
    std::vector<std::string> glob(const std::string& pattern) override;
    std::string doubt(const std::string& path) override { return source_.doubt(path); }

private:
    FileSource& source_;
    Journal& journal_;
};

}  // namespace smcroute
