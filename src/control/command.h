// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The commands that a client sends, from words to values. The words are those of the command line
// ("-a", "--add" or plain "add" first); client and daemon parse them with this same code, and the
// daemon's result counts.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "control/row_filter.h"
#include "mcast/route.h"

namespace smcroute {

// The effect of a command on the daemon, which decides who may give it.
enum class Access : uint8_t {
    kRead,    // changes nothing
    kChange,  // routes, joins, the daemon itself
    kTakeOver,
};

struct AddRoute {
    RouteSpec spec;
};
struct RemoveRoute {
    RouteSpec spec;
};
struct AddJoin {
    JoinSpec spec;
};
struct RemoveJoin {
    JoinSpec spec;
};
struct Reload {};
struct Diff {
    Access by = Access::kRead;  // kRead: the text of wrong lines is not shown
};
// The client repeats it until it succeeds; the daemon answers at once, kPending while anything is
// pending.
struct Wait {
    std::optional<std::chrono::seconds> limit = std::nullopt;  // none: as long as it takes
};
// One of the tables of view/schema.h; the client makes "rates" and "map". It shows the rows that
// have all the words, and the daemon leaves out what is of another group.
struct Show {
    std::string what;
    std::vector<RowWord> words = {};
    std::optional<Prefix> group = std::nullopt;  // the first of the words that is one
};
struct Flush {};
// Made by the client, from what is shown.
struct Metrics {};
// Made by the client too: how fast the routes flow, until it is told to stop.
struct Watch {
    std::chrono::seconds interval{1};
};
// Its answer never ends: it sends one event at a time.
struct Monitor {};
// Streams by any of their parts; a part that is not given fits every stream.
struct StreamFilter {
    std::optional<IfPattern> interface = std::nullopt;
    std::optional<Prefix> source = std::nullopt;
    std::optional<Prefix> group = std::nullopt;

    bool is_empty() const { return !interface && !source && !group; }
};
// Carried out by the client, with or without a daemon: src/why/.
struct Why {
    StreamFilter filter;
};
struct Trace {
    StreamFilter filter;
};
// Read by the client; the daemon gets the lines.
struct Batch {
    std::string file;  // empty: stdin
};
// Completed by the client: the daemon only says whether the upgrade begins.
struct Upgrade {};
struct Kill {};

using Command = std::variant<AddRoute, RemoveRoute, AddJoin, RemoveJoin, Reload, Diff, Wait, Batch,
                             Show, Metrics, Watch, Monitor, Why, Trace, Flush, Upgrade, Kill>;

// The words as given, and the command they ask for.
struct GivenCommand {
    std::vector<std::string> words;
    Command command;
};

// Sent by a starting daemon, never by a person: see control/predecessor.h.
inline constexpr std::string_view kHandOver = "hand-over";

// How a command is carried out.
enum class Course : uint8_t {
    kChange,     // its words alone decide the change of routes, rules and joins
    kLong,       // may take long with many lines or entries: one at a time
    kForClient,  // needs a client's connection; not possible while a daemon starts
    kAlone,      // the client does it by itself, and nothing else in that call
    kEnd,
};

// One row for each command: drives parsing, the usage text and the manual's test.
struct CommandWord {
    char letter;  // 0: long name only
    std::string_view name;
    std::string_view arguments;  // for the usage text
    std::string_view help;
    Access access;
    Course course;
    Result<Command> (*parse)(std::span<const std::string> arguments);
};

std::span<const CommandWord> command_words();

// Finds "-a", "--add" or "add"; nullptr if there is none.
const CommandWord* find_command(std::string_view word);

// The access that these words need; words that are no command change nothing.
Access access_of(std::span<const std::string> words);
// Nothing for words that are no command.
std::optional<Course> course_of(std::span<const std::string> words);

// The error's text begins with the command word as given and names the wrong word.
Result<Command> parse_command(std::span<const std::string> words);

}  // namespace smcroute
