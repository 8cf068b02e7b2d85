// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The log: one line for each event, with names instead of numbers. The sink is the program's only
// mutable global. Leaf code never logs; it returns errors. Identical lines in a row are folded into
// one more, "TEXT (3 times more)".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace smcroute {

enum class LogLevel : uint8_t { kNone, kErr, kWarning, kNotice, kInfo, kDebug };

// "none", "err", "warning", "notice", "info" or "debug".
std::optional<LogLevel> parse_log_level(std::string_view word);

enum class LogSink : uint8_t {
    kStderr,  // "smcroute: text", or "<4>text" when stderr is the journal (JOURNAL_STREAM)
    kSyslog,  // facility daemon
    kBoth,    // syslog, and errors and warnings on stderr too: while a daemon starts
};

// Opens the log. `ident` is the name at the start of each line.
void log_open(LogSink sink, LogLevel level, std::string ident);

// Gives up the connection to syslog, and the pending count of repeated lines, which the parent
// process will write; log_open() makes a new connection. For a process that is about to close every
// descriptor it has inherited.
void log_close();

// Passes each line (without level or ident) to this function instead of the sink; nullptr ends it.
// For tests.
void log_tap(void (*tap)(LogLevel level, std::string_view line));

bool log_enabled(LogLevel level);
void log_line(LogLevel level, std::string_view text);

// Lines that only help a person who reads along, such as a source line and its caret: written if
// stderr is the sink, left out of syslog and journal. They belong to the line logged before.
void log_detail(LogLevel level, std::string_view lines);

// True while repeated lines are held back; log_flush() then writes how many.
bool log_holds_repeats();
void log_flush();

inline void log_err(std::string_view text) { log_line(LogLevel::kErr, text); }
inline void log_warning(std::string_view text) { log_line(LogLevel::kWarning, text); }
inline void log_notice(std::string_view text) { log_line(LogLevel::kNotice, text); }
inline void log_info(std::string_view text) { log_line(LogLevel::kInfo, text); }

}  // namespace smcroute
