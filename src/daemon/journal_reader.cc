// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/journal_reader.h"

#include <span>

#include "base/byte_reader.h"
#include "base/text.h"
#include "os/random_access_file.h"

namespace smcroute {

namespace {

constexpr size_t kStartAt = kJournalMagic.size();
constexpr size_t kEndAt = kStartAt + sizeof(uint64_t);

struct Extent {
    uint64_t start;
    uint64_t end;
};

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

Result<Extent> decode_header(std::string_view header, uint64_t file_size) {
    ByteReader reader(bytes_of(header));
    if (!header.starts_with(kJournalMagic) || !reader.skip(kJournalMagic.size())) {
        return journal_damage(0, "it does not begin as a journal of this version does");
    }
    const auto start = reader.read<uint64_t>();
    const auto end = reader.read<uint64_t>();
    const auto check = reader.read<uint64_t>();
    if (!check || *check != journal_check(*start, *end)) {
        return journal_damage(kStartAt, "the places of the log do not agree with their check");
    }
    if (*start < kJournalHeaderSize || *start > *end) {
        return journal_damage(kStartAt, "the log cannot begin there");
    }
    if (*end > file_size) {
        return journal_damage(kEndAt, "the log ends behind the end of the file");
    }
    if (*end - *start > kMaxJournal) {
        return journal_damage(kEndAt, "the log is longer than any journal");
    }
    return Extent{*start, *end};
}

bool is_record_type(uint8_t value) {
    return value >= static_cast<uint8_t>(RecordType::kFile) &&
           value <= static_cast<uint8_t>(RecordType::kNolearn);
}

// Whether a record of `type` may follow one of type `last`, or begin the log.
bool may_follow(RecordType type, std::optional<RecordType> last) {
    if (!last) {
        return type == RecordType::kFile || type == RecordType::kName;
    }
    if (type == RecordType::kCommand) {
        return true;
    }
    const auto is_of_load = [](RecordType each) {
        return each == RecordType::kFile || each == RecordType::kGlob;
    };
    return *last != RecordType::kCommand && is_of_load(type) == is_of_load(*last);
}

// The offset of the first command, or the end.
Result<uint64_t> find_commands(RecordReader reader) {
    std::optional<RecordType> last;
    std::optional<uint64_t> commands_at;
    while (true) {
        const auto record = reader.next();
        if (!record) {
            return record.error();
        }
        if (!*record) {
            return commands_at.value_or(reader.place());
        }
        const auto& [type, payload, place] = **record;
        if (!may_follow(type, last)) {
            return journal_damage(place, "a record that does not belong there");
        }
        last = type;
        if (type == RecordType::kCommand && !commands_at) {
            commands_at = place;
        }
    }
}

}  // namespace

Error journal_damage(uint64_t place, std::string_view cause) {
    return {compose("the journal is damaged at byte {}: {}", place, cause), ExitStatus::kSystem};
}

Result<std::optional<Record>> RecordReader::next() {
    if (rest_.empty()) {
        return std::optional<Record>();
    }
    ByteReader reader(bytes_of(rest_));
    const auto length = reader.read<uint32_t>();
    const auto type = reader.read<uint8_t>();
    if (!length || !type) {
        return journal_damage(place_, "a record without its beginning");
    }
    if (!is_record_type(*type)) {
        return journal_damage(place_, compose("a record of unknown type {}", *type));
    }
    if (*length > reader.remaining()) {
        return journal_damage(place_, compose("a record of {} where only {} are left",
                                              count_of(*length, "byte"), reader.remaining()));
    }
    const Record record{static_cast<RecordType>(*type), rest_.substr(kRecordHeaderSize, *length),
                        place_};
    rest_.remove_prefix(kRecordHeaderSize + *length);
    place_ += kRecordHeaderSize + *length;
    return std::optional(record);
}

Result<JournalContents> read_journal(int fd) {
    const RandomAccessFile file(fd, "the journal");
    const auto size = file.size();
    const auto header = file.read(0, kJournalHeaderSize);
    if (!size || !header) {
        return !size ? size.error() : header.error();
    }
    if (*size == 0) {
        return JournalContents{};
    }
    const auto extent = decode_header(*header, *size);
    if (!extent) {
        return extent.error();
    }
    const auto log_size = static_cast<size_t>(extent->end - extent->start);
    auto log = file.read(extent->start, log_size);
    if (!log) {
        return log.error();
    }
    if (log->size() != log_size) {
        return journal_damage(extent->start + log->size(), "the file ends there");
    }
    const auto commands_at = find_commands(RecordReader(*log, extent->start));
    if (!commands_at) {
        return commands_at.error();
    }
    return JournalContents{std::move(*log), extent->start, *commands_at};
}

}  // namespace smcroute
