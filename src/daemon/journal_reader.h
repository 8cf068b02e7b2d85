// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Reads a journal (journal.h): the bytes of the file into records. Everything is checked, since the
// process that wrote them died for some reason; no length is trusted. restore() judges the
// payloads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "daemon/journal_format.h"

namespace smcroute {

struct Record {
    RecordType type;
    std::string_view payload;
    uint64_t place;  // in the file
};

// A log whose records are whole and in the order that journal_format.h defines.
struct JournalContents {
    std::string log;
    uint64_t start = 0;        // its offset in the file
    uint64_t commands_at = 0;  // offset of the first command, or the end

    // True if nothing has been loaded yet.
    bool empty() const { return log.empty(); }
    uint64_t end() const { return start + log.size(); }
    std::string_view snapshot() const {
        return std::string_view(log).substr(0, static_cast<size_t>(commands_at - start));
    }
    std::string_view commands() const {
        return std::string_view(log).substr(static_cast<size_t>(commands_at - start));
    }
};

// An empty file is an empty journal. An Error says where the file is damaged, and how.
Result<JournalContents> read_journal(int fd);

// "the journal is damaged at byte PLACE: CAUSE"
Error journal_damage(uint64_t place, std::string_view cause);

// Walks over records; it borrows them.
class RecordReader {
public:
    RecordReader(std::string_view records, uint64_t place) : rest_(records), place_(place) {}

    // The next record, or nothing after the last one.
    Result<std::optional<Record>> next();
    bool at_end() const { return rest_.empty(); }
    uint64_t place() const { return place_; }

private:
    std::string_view rest_;
    uint64_t place_;
};

}  // namespace smcroute
