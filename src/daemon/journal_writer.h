// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Writes a journal (journal.h): values into records.
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
#include "daemon/journal_format.h"
#include "mcast/desired.h"
#include "os/random_access_file.h"

namespace smcroute {

std::string encode_journal_header(uint64_t start, uint64_t end);

// Appends records from a given offset, a block at a time. finish() reports the first failure.
class RecordWriter {
public:
    RecordWriter(RandomAccessFile file, uint64_t place) : file_(std::move(file)), place_(place) {}

    // The answers of a FileSource.
    void put_file(std::string_view path, const Result<std::optional<std::string>>& content);
    void put_glob(std::string_view pattern, std::span<const std::string> names);
    // A compacted snapshot. `files` are the names that Origin.file indexes.
    void put_desired(const Desired& desired, std::span<const std::string> files);
    void put_command(std::span<const std::string> words);

    // The offset behind the last record.
    Result<uint64_t> finish();

private:
    void put(RecordType type, std::initializer_list<std::string_view> pieces);
    void put_phyints(const Desired& desired);
    void flush();
    void write(std::string_view bytes);

    RandomAccessFile file_;
    uint64_t place_;
    std::string block_;
    Status status_;
};

}  // namespace smcroute
