// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/journal_writer.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/text.h"
#include "config/spec.h"

namespace smcroute {

namespace {

// Records are written in blocks of this size; a longer text is written by itself, without a copy.
constexpr size_t kBlockSize = 64 * 1024;
template <typename T>
std::string bytes_of(T value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::string bytes(sizeof value, '\0');
    memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

std::string encode(const Origin& origin) { return bytes_of(origin.file) + bytes_of(origin.line); }

void add_terminated(std::string& words, std::string_view word) {
    words += word;
    words += '\0';
}

std::string encode_each(std::span<const std::string> words) {
    std::string encoded;
    for (const std::string& word : words) {
        add_terminated(encoded, word);
    }
    return encoded;
}

std::string encode_each(const std::vector<IfPattern>& patterns) {
    std::string encoded;
    for (const IfPattern& pattern : patterns) {
        add_terminated(encoded, to_string(pattern));
    }
    return encoded;
}

std::string encode(const RouteSpec& spec) {
    std::string words;
    add_terminated(words, to_string(spec.inbound));
    add_terminated(words, source_word(spec.source));
    for (size_t i = 0; i < spec.except.size(); ++i) {
        words += compose("{}{}", i == 0 ? "" : ",", to_string(spec.except[i]));
    }
    add_terminated(words, "");
    add_terminated(words, to_string(spec.group));
    return words + encode_each(spec.outbounds);
}

std::string encode(const JoinSpec& spec) {
    std::string words;
    add_terminated(words, to_string(spec.interface));
    add_terminated(words, source_word(spec.source));
    add_terminated(words, to_string(spec.group));
    return words;
}

}  // namespace

std::string encode_journal_header(uint64_t start, uint64_t end) {
    return compose("{}{}{}{}", kJournalMagic, bytes_of(start), bytes_of(end),
                   bytes_of(journal_check(start, end)));
}

void RecordWriter::put_file(std::string_view path,
                            const Result<std::optional<std::string>>& content) {
    const RecordedFile what = !content               ? RecordedFile::kError
                              : content->has_value() ? RecordedFile::kContent
                                                     : RecordedFile::kMissing;
    const std::string_view text = !content               ? std::string_view(content.error().text)
                                  : content->has_value() ? std::string_view(**content)
                                                         : std::string_view();
    put(RecordType::kFile, {bytes_of(what), path, std::string_view("\0", 1), text});
}

void RecordWriter::put_glob(std::string_view pattern, std::span<const std::string> names) {
    put(RecordType::kGlob, {pattern, std::string_view("\0", 1), encode_each(names)});
}

void RecordWriter::put_command(std::span<const std::string> words) {
    put(RecordType::kCommand, {encode_each(words)});
}

void RecordWriter::put_desired(const Desired& desired, std::span<const std::string> files) {
    for (const std::string& path : files) {
        put(RecordType::kName, {path});
    }
    for (const Family family : kFamilies) {
        put(RecordType::kMention, {bytes_of(static_cast<uint8_t>(index_of(family))),
                                   encode_each(desired.mentioned(family))});
    }
    put_phyints(desired);
    // Before the routes that replaced them.
    for (const auto& [flow, replaced] : desired.replaced()) {
        put(RecordType::kRoute, {encode(replaced.origin), encode(spec_of(flow, replaced.path))});
    }
    for (const auto& [flow, route] : desired.routes()) {
        put(RecordType::kRoute, {encode(route.origin), encode(spec_of(flow, route))});
    }
    for (const auto& [key, rules] : desired.rules().all()) {
        for (const Rule& rule : rules) {
            put(rule.nolearn ? RecordType::kNolearn : RecordType::kRoute,
                {encode(rule.origin), encode(spec_of(key, rule))});
        }
    }
    for (const auto& [join, origin] : desired.joins()) {
        put(RecordType::kJoin, {encode(origin), encode(join)});
    }
}

void RecordWriter::put_phyints(const Desired& desired) {
    std::vector<const Desired::Phyint*> ordered;
    for (const auto& [pattern, phyint] : desired.phyints()) {
        ordered.push_back(&phyint);
    }
    std::sort(ordered.begin(), ordered.end(),
              [](const auto* a, const auto* b) { return a->order < b->order; });
    for (const Desired::Phyint* const phyint : ordered) {
        put(RecordType::kPhyint, {encode(phyint->origin), to_string(phyint->spec)});
    }
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

}  // namespace smcroute
