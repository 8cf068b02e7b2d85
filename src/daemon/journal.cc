// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/journal.h"

#include <algorithm>
#include <bit>
#include <type_traits>

#include "base/text.h"
#include "daemon/journal_reader.h"

namespace smcroute {

namespace {

// What a process sends at once; a longer text goes by itself, without a copy.
constexpr size_t kBlockSize = 64 * 1024;
// Commands are never compacted before they take this much.
constexpr uint64_t kShortLog = uint64_t{1} << 20;
// About what one route or join takes in a snapshot.
constexpr uint64_t kSpecSize = 64;

RandomAccessFile journal_file(int fd) { return {fd, "the journal"}; }

template <typename T>
std::string bytes_of(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::string bytes(sizeof value, '\0');
    memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

std::string encode(const Origin& origin) { return bytes_of(origin.file) + bytes_of(origin.line); }

void add_word(std::string& words, std::string_view word) {
    words += word;
    words += '\0';
}

std::string encode_each(std::span<const std::string> words) {
    std::string encoded;
    for (const std::string& word : words) {
        add_word(encoded, word);
    }
    return encoded;
}

std::string encode_each(const std::vector<IfPattern>& patterns) {
    std::string encoded;
    for (const IfPattern& pattern : patterns) {
        add_word(encoded, to_string(pattern));
    }
    return encoded;
}

std::string source_word(const Prefix& source) { return source.is_any() ? "*" : to_string(source); }

std::string encode(const RouteSpec& spec) {
    std::string words;
    add_word(words, to_string(spec.inbound));
    add_word(words, source_word(spec.source));
    for (size_t i = 0; i < spec.except.size(); ++i) {
        words += cat({i == 0 ? "" : ",", to_string(spec.except[i])});
    }
    add_word(words, "");
    add_word(words, to_string(spec.group));
    return words + encode_each(spec.outbounds);
}

std::string encode(const JoinSpec& spec) {
    std::string words;
    add_word(words, to_string(spec.interface));
    add_word(words, source_word(spec.source));
    add_word(words, to_string(spec.group));
    return words;
}

void put_phyints(const Desired& desired, RecordWriter& writer) {
    std::vector<const Desired::Phyint*> ordered;
    for (const auto& [pattern, phyint] : desired.phyints()) {
        ordered.push_back(&phyint);
    }
    std::sort(ordered.begin(), ordered.end(),
              [](const auto* a, const auto* b) { return a->order < b->order; });
    for (const Desired::Phyint* const phyint : ordered) {
        writer.put(RecordType::kPhyint, {encode(phyint->origin), to_string(phyint->spec)});
    }
}

void put_desired(const Desired& desired, RecordWriter& writer) {
    for (const Family family : kFamilies) {
        writer.put(RecordType::kMention, {bytes_of(static_cast<uint8_t>(index_of(family))),
                                          encode_each(desired.mentioned(family))});
    }
    put_phyints(desired, writer);
    for (const auto& [flow, route] : desired.routes()) {
        writer.put(RecordType::kRoute, {encode(route.origin), encode(spec_of(flow, route))});
    }
    for (const auto& [key, rules] : desired.rules().all()) {
        for (const Rule& rule : rules) {
            writer.put(RecordType::kRoute, {encode(rule.origin), encode(spec_of(key, rule))});
        }
    }
    for (const auto& [join, origin] : desired.joins()) {
        writer.put(RecordType::kJoin, {encode(origin), encode(join)});
    }
}

}  // namespace

// Not against malice: a header half of which is old, or a stray number, must not look whole.
uint64_t journal_check(uint64_t start, uint64_t end) { return ~(start ^ std::rotl(end, 29)); }

std::string encode_journal_header(uint64_t start, uint64_t end) {
    return cat(
        {kJournalMagic, bytes_of(start), bytes_of(end), bytes_of(journal_check(start, end))});
}

void RecordWriter::put(RecordType type, std::initializer_list<std::string_view> pieces) {
    uint64_t length = 0;
    for (const std::string_view piece : pieces) {
        length += piece.size();
    }
    if (length > UINT32_MAX) {
        status_ = Error{"cannot write the journal: a record of more than 4 GiB"};
        return;
    }
    block_ += bytes_of(static_cast<uint32_t>(length));
    block_ += static_cast<char>(type);
    for (const std::string_view piece : pieces) {
        if (block_.size() + piece.size() > kBlockSize) {
            flush();
        }
        if (piece.size() > kBlockSize) {
            write(piece);
        } else {
            block_ += piece;
        }
    }
}

void RecordWriter::flush() {
    write(block_);
    block_.clear();
}

void RecordWriter::write(std::string_view bytes) {
    if (status_) {
        status_ = file_.write(place_, bytes);
        place_ += bytes.size();
    }
}

Result<uint64_t> RecordWriter::finish() {
    flush();
    if (!status_) {
        return status_.error();
    }
    return place_;
}

Journal::Journal(int fd, uint64_t start, uint64_t commands_at, uint64_t end)
    : file_(journal_file(fd)), start_(start), commands_at_(commands_at), end_(end) {}

Journal::Journal(int fd, const JournalContents& contents)
    : Journal(fd, contents.start, contents.commands_at, contents.end()) {
    // What the other process had written behind the log: only room is lost if it stays.
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
    if (!load_) {
        return;
    }
    const RecordedFile what = !content               ? RecordedFile::kError
                              : content->has_value() ? RecordedFile::kContent
                                                     : RecordedFile::kMissing;
    const std::string_view text = !content               ? std::string_view(content.error().text)
                                  : content->has_value() ? std::string_view(**content)
                                                         : std::string_view();
    load_->put(RecordType::kFile, {bytes_of(what), path, std::string_view("\0", 1), text});
}

void Journal::add_glob(const std::string& pattern, const std::vector<std::string>& names) {
    if (load_) {
        std::string words;
        add_word(words, pattern);
        load_->put(RecordType::kGlob, {words, encode_each(names)});
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
        // It is overwritten by and by if it stays.
        (void)file_.truncate(end_);
    }
}

Status Journal::add_command(std::span<const std::string> words, const Desired& desired,
                            std::span<const std::string> files) {
    if (stale_ || is_long(desired)) {
        return compact(desired, files);
    }
    RecordWriter writer(file_, end_);
    writer.put(RecordType::kCommand, {encode_each(words)});
    return extend_log(writer);
}

bool Journal::is_long(const Desired& desired) const {
    const uint64_t specs = desired.routes().size() + desired.rules().all().size() +
                           desired.joins().size() + desired.phyints().size();
    return end_ - commands_at_ > std::max(kShortLog, 4 * specs * kSpecSize);
}

Status Journal::compact(const Desired& desired, std::span<const std::string> files) {
    RecordWriter writer(file_, end_);
    for (const std::string& path : files) {
        writer.put(RecordType::kName, {path});
    }
    put_desired(desired, writer);
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
