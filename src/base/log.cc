// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "base/log.h"

#include <array>
#include <cstdlib>
#include <utility>

#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/text.h"

namespace smcroute {

namespace {

struct State {
    LogSink sink = LogSink::kStderr;
    LogLevel level = LogLevel::kNotice;
    bool journal = false;
    std::string ident = "smcroute";
    std::string last;
    LogLevel last_level = LogLevel::kNone;
    size_t repeats = 0;
    void (*tap)(LogLevel, std::string_view) = nullptr;
};

State& state() {
    static State state;
    return state;
}

constexpr std::array<std::string_view, 6> kLevelNames = {"none",   "err",  "warning",
                                                         "notice", "info", "debug"};

int priority(LogLevel level) {
    constexpr std::array kPriorities = {LOG_ERR,    LOG_ERR,  LOG_WARNING,
                                        LOG_NOTICE, LOG_INFO, LOG_DEBUG};
    return kPriorities[static_cast<size_t>(level)];
}

// systemd sets JOURNAL_STREAM to the device and inode of the stream it connected to stderr.
bool stderr_is_journal() {
    const char* const stream = getenv("JOURNAL_STREAM");
    struct stat st {};
    if (stream == nullptr || fstat(STDERR_FILENO, &st) != 0) {
        return false;
    }
    return compose("{}:{}", st.st_dev, st.st_ino) == stream;
}

// A log line that cannot be written has nowhere else to go.
void write_stderr(const std::string& text) {
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

void emit(LogLevel level, std::string_view text) {
    const State& log = state();
    if (log.tap != nullptr) {
        log.tap(level, text);
        return;
    }
    if (log.sink != LogSink::kStderr) {
        syslog(priority(level), "%.*s", static_cast<int>(text.size()), text.data());
    }
    if (log.sink == LogSink::kSyslog ||
        (log.sink == LogSink::kBoth && level > LogLevel::kWarning)) {
        return;
    }
    const std::string prefix =
        log.journal ? compose("<{}>", priority(level)) : compose("{}: ", log.ident);
    write_stderr(compose("{}{}\n", prefix, text));
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view word) {
    word = word == "error" ? "err" : word == "warn" ? "warning" : word;
    for (size_t i = 0; i < kLevelNames.size(); ++i) {
        if (kLevelNames[i] == word) {
            return static_cast<LogLevel>(i);
        }
    }
    return std::nullopt;
}

void log_open(LogSink sink, LogLevel level, std::string ident) {
    log_flush();
    State& log = state();
    log.sink = sink;
    log.level = level;
    log.ident = std::move(ident);
    log.journal = sink == LogSink::kStderr && stderr_is_journal();
    if (sink != LogSink::kStderr) {
        openlog(log.ident.c_str(), LOG_PID | LOG_NDELAY, LOG_DAEMON);
    }
}

void log_close() {
    closelog();
    state().repeats = 0;
}

void log_tap(void (*tap)(LogLevel level, std::string_view line)) {
    log_flush();
    state().tap = tap;
}

bool log_enabled(LogLevel level) { return level != LogLevel::kNone && level <= state().level; }

void log_line(LogLevel level, std::string_view text) {
    if (!log_enabled(level)) {
        return;
    }
    State& log = state();
    if (log.last_level == level && log.last == text) {
        ++log.repeats;
        return;
    }
    log_flush();
    log.last = text;
    log.last_level = level;
    emit(level, text);
}

void log_detail(LogLevel level, std::string_view lines) {
    const State& log = state();
    if (log_enabled(level) && log.sink != LogSink::kSyslog && !log.journal && log.tap == nullptr) {
        write_stderr(compose("{}\n", lines));
    }
}

bool log_holds_repeats() { return state().repeats > 0; }

void log_flush() {
    State& log = state();
    const size_t repeats = std::exchange(log.repeats, 0);
    if (repeats > 0) {
        // The repeated text is included, because several processes write one log.
        emit(log.last_level, compose("{} ({} more)", log.last, count_of(repeats, "time")));
    }
    log.last.clear();
    log.last_level = LogLevel::kNone;
}

}  // namespace smcroute
