// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Journal: what is desired, in a file that outlives the process (a memfd that somebody else holds),
// so that another one can go on with exactly that: what the configuration files said when they were
// last loaded, whatever is on the disk by now, and what clients have changed since. It records
// inputs, not results; restore() (restore.h) runs them through the same code again.
//
// The invariant: the log that the header (journal_format.h) tells of is whole at any moment. New
// records are written behind its end, then one write of the header takes them in; so a process may
// be killed anywhere. A new snapshot goes behind the old log, which is then given back: places only
// grow, room does not.
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
    // An empty one, in place of all that the file holds. The descriptor is borrowed.
    static Result<Journal> create(int fd);
    // Goes on with one that was read.
    Journal(int fd, const JournalContents& contents);

    // A load, whose files are recorded on the way: begin, then what it reads, then whether it is
    // what is desired now. Until then, and if that fails, the journal says what it said before. No
    // command comes in between, and those before it are committed.
    void begin_load();
    void add_file(const std::string& path, const Result<std::optional<std::string>>& content);
    void add_glob(const std::string& pattern, const std::vector<std::string>& names);
    Status commit_load();
    void cancel_load();

    // A command that has changed what is desired.
    void add_command(std::span<const std::string> words);
    // The log has the commands added since, which led to `desired`. Once the commands take much
    // more room than that, or after a failure, that is written instead.
    Status commit_commands(const Desired& desired, std::span<const std::string> files);

    // All that is desired, in place of how it came about. `files` is what Origin.file indexes.
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
    bool stale_ = false;  // something could not be written, so the log lacks it
    std::optional<RecordWriter> load_;
    std::optional<RecordWriter> commands_;  // that the log does not have yet
};

// Passes questions on and records the answers, while a load is under way in the journal.
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
