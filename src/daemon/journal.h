// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Journal: what is desired, in a file that outlives the process (a memfd that somebody else holds),
// so that another one can go on with exactly that: what the configuration files said when they were
// last loaded, whatever is on the disk by now, and what clients have changed since. It records
// inputs, not results; restore() (restore.h) runs them through the same code again.
//
// The file, in the byte order of the machine, since no other will read it:
//
//     8 bytes   kJournalMagic
//     u64       start of the log
//     u64       end of the log
//     u64       check of the two
//
// and somewhere behind it the log: records without gaps, first a snapshot, then commands.
//
//     u32       length of the payload
//     u8        RecordType
//     n bytes   payload
//
// The invariant: the log that the header tells of is whole at any moment. New records are written
// behind its end, then one write of the header takes them in; so a process may be killed anywhere.
// A new snapshot goes behind the old log, which is then given back: places only grow, room does
// not.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "config/loader.h"
#include "mcast/desired.h"
#include "os/random_access_file.h"

namespace smcroute {

inline constexpr std::string_view kJournalMagic = "smcrjnl1";  // with the version
inline constexpr size_t kJournalHeaderSize = 32;
inline constexpr size_t kRecordHeaderSize = 5;

// "Words" are ended by a NUL byte each, an origin is the u16 and the u32 of Origin.
enum class RecordType : uint8_t {
    // A snapshot of a load: every answer of the FileSource, in the order in which it was asked. The
    // first is the main file.
    kFile = 1,  // u8 RecordedFile, the path as a word, then the text of the file or of the error
    kGlob = 2,  // words: the pattern, then what it matched
    // A compacted snapshot. Words and no lines of a file, since a client may name what a line
    // cannot ("#1", "to").
    kName = 3,     // the path of a file that Origin.file indexes; the main file first
    kMention = 4,  // u8 index of the family, words: the interfaces in the order of first mention
    kPhyint = 5,   // origin, the line
    kRoute = 6,    // origin, words: inbound, source, excepts with commas, group, outbounds
    kJoin = 7,     // origin, words: interface, source, group
    // After either.
    kCommand = 8,  // words
};

enum class RecordedFile : uint8_t { kMissing = 0, kContent = 1, kError = 2 };

std::string encode_journal_header(uint64_t start, uint64_t end);
// What the header holds third.
uint64_t journal_check(uint64_t start, uint64_t end);

struct JournalContents;  // journal_reader.h

// Appends records behind a place, a block at a time. What failed is told at the end.
class RecordWriter {
public:
    RecordWriter(RandomAccessFile file, uint64_t place) : file_(std::move(file)), place_(place) {}

    void put(RecordType type, std::initializer_list<std::string_view> pieces);
    // The place behind the last record.
    Result<uint64_t> finish();

private:
    void flush();
    void write(std::string_view bytes);

    RandomAccessFile file_;
    uint64_t place_;
    std::string block_;
    Status status_;
};

class Journal {
public:
    // An empty one, in place of all that the file holds. The descriptor is borrowed.
    static Result<Journal> create(int fd);
    // Goes on with one that was read.
    Journal(int fd, const JournalContents& contents);

    // A load, whose files are recorded on the way: begin, then what it reads, then whether it is
    // what is desired now. Until then, and if that fails, the journal says what it said before. No
    // command comes in between.
    void begin_load();
    void add_file(const std::string& path, const Result<std::optional<std::string>>& content);
    void add_glob(const std::string& pattern, const std::vector<std::string>& names);
    Status commit_load();
    void cancel_load();

    // A command that has changed what is desired, to `desired`. Once the commands take much more
    // room than what they led to, or after a failure, that is written instead.
    Status add_command(std::span<const std::string> words, const Desired& desired,
                       std::span<const std::string> files);

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
};

// Passes questions on and records the answers, while a load is under way in the journal.
class RecordingFiles final : public FileSource {
public:
    // Borrows both.
    RecordingFiles(FileSource& source, Journal& journal) : source_(source), journal_(journal) {}

    Result<std::optional<std::string>> read(const std::string& path) override;
    std::vector<std::string> glob(const std::string& pattern) override;

private:
    FileSource& source_;
    Journal& journal_;
};

}  // namespace smcroute
