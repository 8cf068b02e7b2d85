// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The commands that a client sends, from words to values. The words are those of the command line
// ("-a", "--add" or plain "add" first); client and daemon parse them with this same code, and the
// daemon is the authority.
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
#include "mcast/route.h"

namespace smcroute {

// What a command does to the daemon, and so who may give it.
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
    Access by = Access::kRead;  // whoever may not change anything sees no text of wrong lines
};
// The client's to repeat until it succeeds; the daemon answers at once, kPending while anything is.
struct Wait {
    std::optional<std::chrono::seconds> limit = std::nullopt;  // none: as long as it takes
};
// One of the tables of view/schema.h; of "rates" the daemon answers rate_counters(). A filter is a
// group or group prefix, or an inbound interface.
struct Show {
    std::string what;
    std::optional<Prefix> group = std::nullopt;
    std::optional<IfPattern> interface = std::nullopt;
};
struct Flush {};
// The client's to make, out of what is shown.
struct Metrics {};
// The client's too: how fast the routes flow, until it is told to stop.
struct Watch {
    std::chrono::seconds interval{1};
};
// Answered without an end, by an event at a time.
struct Monitor {};
// The client's to read; the daemon gets the lines.
struct Batch {
    std::string file;  // empty: stdin
};
// The client's to see through: the daemon only says whether it begins.
struct Upgrade {};
struct Kill {};

using Command = std::variant<AddRoute, RemoveRoute, AddJoin, RemoveJoin, Reload, Diff, Wait, Batch,
                             Show, Metrics, Watch, Monitor, Flush, Upgrade, Kill>;

// What somebody gave, and what it asks for.
struct GivenCommand {
    std::vector<std::string> words;
    Command command;
};

// Said by a daemon that starts, never by a person: see control/predecessor.h.
inline constexpr std::string_view kHandOver = "hand-over";

// How it is carried out.
enum class Course : uint8_t {
    kChange,     // its words alone say what becomes of the routes, rules and joins
    kLong,       // where there are many lines or entries: one at a time
    kForClient,  // seen through over a connection, which a daemon that only starts has not
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

// By "-a", "--add" or "add"; nullptr if there is none.
const CommandWord* find_command(std::string_view word);

// What the command of these words asks for; words that are no command change nothing.
Access access_of(std::span<const std::string> words);
// Nothing for words that are no command.
std::optional<Course> course_of(std::span<const std::string> words);

// The error's text begins with the command word as given and names the word that is wrong.
Result<Command> parse_command(std::span<const std::string> words);

}  // namespace smcroute
