// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/restore.h"

#include <array>
#include <utility>

#include "base/byte_reader.h"
#include "config/parser.h"
#include "config/spec.h"
#include "control/command.h"
#include "control/protocol.h"

namespace smcroute {

namespace {

// One recorded answer of FileSource::read().
struct FileRecord {
    RecordedFile what;
    std::string_view path;
    std::string_view text;
};

std::optional<FileRecord> decode_file(std::string_view payload) {
    const size_t path_end = payload.find('\0', 1);
    if (payload.empty() || path_end == payload.npos ||
        payload[0] > static_cast<char>(RecordedFile::kError)) {
        return std::nullopt;
    }
    return FileRecord{static_cast<RecordedFile>(payload[0]), payload.substr(1, path_end - 1),
                      payload.substr(path_end + 1)};
}

// The origin at the front of the payload; it is cut off.
std::optional<Origin> take_origin(std::string_view& payload) {
    ByteReader reader(std::as_bytes(std::span(payload.data(), payload.size())));
    const auto file = reader.read<uint16_t>();
    const auto line = reader.read<uint32_t>();
    if (!line) {
        return std::nullopt;
    }
    payload.remove_prefix(sizeof *file + sizeof *line);
    return Origin{.line = *line, .file = *file};
}

// Keeps the `phyint` of a line.
class PhyintLine final : public StatementSink {
public:
    std::optional<PhyintSpec> spec;

    void on_route(const RouteSpec& /*route*/, const Origin& /*origin*/) override {}
    void on_join(JoinSpec&& /*join*/, const Origin& /*origin*/) override {}
    void on_phyint(PhyintSpec&& phyint, const Origin& /*origin*/) override { spec = phyint; }
};

std::optional<PhyintSpec> decode_phyint(std::string_view text) {
    PhyintLine line;
    std::vector<Diagnostic> diagnostics;
    parse({.name = "", .text = text, .file = 0}, line, diagnostics);
    return has_error(diagnostics) ? std::nullopt : line.spec;
}

std::optional<RouteSpec> decode_route(const std::vector<std::string>& words, bool nolearn) {
    if (words.size() < 4) {
        return std::nullopt;
    }
    const std::vector<std::string_view> outbounds(words.begin() + 4, words.end());
    auto made = make_route({.inbound = words[0],
                            .source = words[1],
                            .except = words[2],
                            .group = words[3],
                            .outbounds = outbounds,
                            .nolearn = nolearn});
    return made ? std::optional(*std::move(made)) : std::nullopt;
}

std::optional<JoinSpec> decode_join(const std::vector<std::string>& words) {
    if (words.size() != 3) {
        return std::nullopt;
    }
    const auto made = make_join({.interface = words[0], .source = words[1], .group = words[2]});
    return made ? std::optional(*made) : std::nullopt;
}

// Rebuilds a compacted snapshot, record by record. take() returns false if a record makes no sense.
class Rebuilder {
public:
    bool take(const Record& record);
    // Once all lines are there, they keep the order of the names themselves.
    ReadConfig finish();

private:
    bool take_mention(std::string_view payload);
    bool take_spec(RecordType type, std::string_view payload);

    ReadConfig config_;
    std::array<std::vector<IfPattern>, kFamilies.size()> mentioned_;
};

bool Rebuilder::take(const Record& record) {
    if (record.type == RecordType::kName) {
        config_.files.emplace_back(record.payload);
        return config_.files.size() <= kMaxFiles;
    }
    return record.type == RecordType::kMention ? take_mention(record.payload)
                                               : take_spec(record.type, record.payload);
}

bool Rebuilder::take_mention(std::string_view payload) {
    if (payload.empty() || static_cast<uint8_t>(payload[0]) >= kFamilies.size()) {
        return false;
    }
    const size_t index = static_cast<uint8_t>(payload[0]);
    payload.remove_prefix(1);
    if (payload.empty()) {
        return true;
    }
    const auto words = decode_words(payload);
    if (!words) {
        return false;
    }
    for (const std::string& word : *words) {
        const auto name = parse_interface_word(word);
        if (!name) {
            return false;
        }
        config_.desired.mention(kFamilies[index], *name);
        mentioned_[index].push_back(*name);
    }
    return true;
}

bool Rebuilder::take_spec(RecordType type, std::string_view payload) {
    const auto origin = take_origin(payload);
    if (!origin || (origin->file != Origin::kClient && origin->file >= config_.files.size())) {
        return false;
    }
    const auto add = [&](const auto& spec) {
        return spec.has_value() &&
               config_.desired.add(*spec, *origin).how != Desired::Added::How::kMerged;
    };
    if (type == RecordType::kPhyint) {
        return add(decode_phyint(payload));
    }
    const auto words = decode_words(payload);
    return words &&
           (type == RecordType::kJoin ? add(decode_join(*words))
                                      : add(decode_route(*words, type == RecordType::kNolearn)));
}

ReadConfig Rebuilder::finish() {
    for (const Family family : kFamilies) {
        for (const IfPattern& name : mentioned_[index_of(family)]) {
            config_.desired.unmention(family, name);
        }
    }
    return std::move(config_);
}

Result<ReadConfig> rebuild(const JournalContents& journal) {
    RecordReader reader(journal.snapshot(), journal.start);
    Rebuilder rebuilder;
    while (true) {
        const auto record = reader.next();
        if (!record) {
            return record.error();
        }
        if (!*record) {
            return rebuilder.finish();
        }
        if (!rebuilder.take(**record)) {
            return journal_damage((*record)->place, "an invalid line in the snapshot");
        }
    }
}

Result<ReadConfig> replay_load(const JournalContents& journal, const Record& main) {
    const auto file = decode_file(main.payload);
    if (!file) {
        return journal_damage(main.place, "a file without its name");
    }
    ReplayFiles files(journal);
    ReadConfig config = read_config(std::string(file->path), files);
    if (const Status status = files.check(); !status) {
        return status.error();
    }
    return config;
}

// Changes what is desired as Daemon::run() does; no other command belongs in a journal.
Status carry_out(const Command& command, Desired& desired) {
    if (const auto* const add = std::get_if<AddRoute>(&command)) {
        desired.add(add->spec, Origin{});
        return {};
    }
    if (const auto* const join = std::get_if<AddJoin>(&command)) {
        desired.add(join->spec, Origin{});
        return {};
    }
    if (const auto* const remove = std::get_if<RemoveRoute>(&command)) {
        return desired.remove(remove->spec);
    }
    if (const auto* const leave = std::get_if<RemoveJoin>(&command)) {
        return desired.remove(leave->spec);
    }
    return Error{"it changes no route"};
}

Status replay_command(std::string_view payload, Desired& desired) {
    const auto words = decode_words(payload);
    if (!words) {
        return words.error();
    }
    const auto command = parse_command(*words);
    return command ? carry_out(*command, desired) : Status(command.error());
}

Status replay_commands(const JournalContents& journal, Desired& desired) {
    RecordReader reader(journal.commands(), journal.commands_at);
    while (true) {
        const auto record = reader.next();
        if (!record) {
            return record.error();
        }
        if (!*record) {
            return {};
        }
        if (const Status status = replay_command((*record)->payload, desired); !status) {
            return journal_damage((*record)->place,
                                  "a command that cannot be: " + status.error().text);
        }
    }
}

}  // namespace

std::optional<std::string_view> ReplayFiles::take(RecordType type) {
    const auto record = reader_.next();
    if (!record || !*record || (*record)->type != type) {
        note_damage("a load that is not recorded whole");
        return std::nullopt;
    }
    place_ = (*record)->place;
    return (*record)->payload;
}

void ReplayFiles::note_damage(std::string_view cause) {
    if (status_) {
        status_ = journal_damage(place_, cause);
    }
}

Result<std::optional<std::string>> ReplayFiles::read(const std::string& path) {
    const auto payload = status_ ? take(RecordType::kFile) : std::nullopt;
    const auto file = payload ? decode_file(*payload) : std::nullopt;
    if (!file || file->path != path) {
        note_damage("another file than the load asks for");
        return std::optional<std::string>();
    }
    if (file->what == RecordedFile::kError) {
        return Error{std::string(file->text), ExitStatus::kSystem};
    }
    return file->what == RecordedFile::kMissing ? std::optional<std::string>()
                                                : std::optional(std::string(file->text));
}

std::vector<std::string> ReplayFiles::glob(const std::string& pattern) {
    const auto payload = status_ ? take(RecordType::kGlob) : std::nullopt;
    auto words = decode_words(payload.value_or(""));
    if (!words || words->front() != pattern) {
        note_damage("another pattern than the load asks for");
        return {};
    }
    words->erase(words->begin());
    return std::move(*words);
}

Status ReplayFiles::check() const {
    if (status_ && !reader_.at_end()) {
        return journal_damage(reader_.place(), "a file that the load does not ask for");
    }
    return status_;
}

Result<ReadConfig> restore(const JournalContents& journal) {
    const auto first = RecordReader(journal.snapshot(), journal.start).next();
    if (!first || !*first) {
        return first ? journal_damage(journal.start, "there is no snapshot") : first.error();
    }
    auto config =
        (*first)->type == RecordType::kFile ? replay_load(journal, **first) : rebuild(journal);
    if (config) {
        if (const Status status = replay_commands(journal, config->desired); !status) {
            return status.error();
        }
    }
    return config;
}

}  // namespace smcroute
