// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "base/log.h"

#include <array>
#include <cstdlib>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "test.h"

namespace smcroute {

namespace {

std::vector<std::string> tapped;

void tap(LogLevel level, std::string_view line) {
    tapped.push_back(compose("{} {}", static_cast<int>(level), line));
}

// The log as a test wants it, and afterwards as it was.
struct TappedLog {
    explicit TappedLog(LogLevel level) {
        log_open(LogSink::kStderr, level, "smcroute");
        log_tap(&tap);
        tapped.clear();
    }
    ~TappedLog() {
        log_tap(nullptr);
        log_open(LogSink::kStderr, LogLevel::kNotice, "smcroute");
    }
};

// Stderr as a pipe.
struct CapturedStderr {
    CapturedStderr() {
        EXPECT(pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) == 0);
        dup2(ends[1], STDERR_FILENO);
    }
    ~CapturedStderr() {
        unsetenv("JOURNAL_STREAM");
        log_open(LogSink::kStderr, LogLevel::kNotice, "smcroute");
        dup2(saved, STDERR_FILENO);
        for (const int fd : {saved, ends[0], ends[1]}) {
            close(fd);
        }
    }
    std::string take() const {
        std::array<char, 1024> bytes;
        const ssize_t size = read(ends[0], bytes.data(), bytes.size());
        return std::string(bytes.data(), size > 0 ? static_cast<size_t>(size) : 0);
    }
    // As systemd does where stderr is a stream of the journal.
    void claim_to_be_the_journal(ino_t inode_offset) const {
        struct stat st {};
        EXPECT(fstat(STDERR_FILENO, &st) == 0);
        const std::string stream = compose("{}:{}", st.st_dev, st.st_ino + inode_offset);
        setenv("JOURNAL_STREAM", stream.c_str(), 1);
    }

    int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    std::array<int, 2> ends{-1, -1};
};

}  // namespace

TEST(log_level_words_are_those_of_the_manual) {
    const std::vector<std::string> words = {"none", "err", "warning", "notice", "info", "debug"};
    for (size_t i = 0; i < words.size(); ++i) {
        EXPECT(parse_log_level(words[i]) == static_cast<LogLevel>(i));
    }
    EXPECT(parse_log_level("error") == LogLevel::kErr);
    EXPECT(parse_log_level("warn") == LogLevel::kWarning);
    for (const char* const word : {"", "ERR", "debug ", "7"}) {
        EXPECT(!parse_log_level(word));
    }
}

TEST(log_drops_lines_beyond_its_level) {
    const TappedLog log(LogLevel::kWarning);
    log_err("a");
    log_warning("b");
    log_notice("c");
    log_info("d");
    log_line(LogLevel::kDebug, "e");
    EXPECT_EQ(tapped, (std::vector<std::string>{"1 a", "2 b"}));
}

TEST(log_level_none_drops_everything) {
    const TappedLog log(LogLevel::kNone);
    log_err("a");
    log_line(LogLevel::kNone, "b");
    EXPECT_EQ(tapped, std::vector<std::string>{});
    EXPECT(!log_enabled(LogLevel::kNone));
    EXPECT(!log_enabled(LogLevel::kErr));
}

TEST(log_enabled_agrees_with_the_level) {
    const TappedLog log(LogLevel::kInfo);
    EXPECT(log_enabled(LogLevel::kErr));
    EXPECT(log_enabled(LogLevel::kInfo));
    EXPECT(!log_enabled(LogLevel::kDebug));
}

TEST(log_folds_identical_lines) {
    const TappedLog log(LogLevel::kNotice);
    for (int i = 0; i < 4; ++i) {
        log_notice("a");
    }
    EXPECT(log_holds_repeats());
    log_notice("b");
    EXPECT(!log_holds_repeats());
    EXPECT_EQ(tapped, (std::vector<std::string>{"3 a", "3 a (3 times more)", "3 b"}));
}

TEST(log_flush_tells_of_repeats_and_ends_the_folding) {
    const TappedLog log(LogLevel::kNotice);
    log_notice("a");
    log_notice("a");
    log_flush();
    log_flush();
    log_notice("a");
    EXPECT(!log_holds_repeats());
    EXPECT_EQ(tapped, (std::vector<std::string>{"3 a", "3 a (1 time more)", "3 a"}));
}

TEST(log_does_not_fold_lines_of_different_levels) {
    const TappedLog log(LogLevel::kNotice);
    log_notice("a");
    log_warning("a");
    EXPECT_EQ(tapped, (std::vector<std::string>{"3 a", "2 a"}));
}

TEST(log_lines_that_are_dropped_do_not_end_the_folding) {
    const TappedLog log(LogLevel::kNotice);
    log_notice("a");
    log_info("b");
    log_notice("a");
    EXPECT(log_holds_repeats());
}

TEST(log_does_not_take_a_first_empty_line_for_a_repeat) {
    const TappedLog log(LogLevel::kNotice);
    log_notice("a");
    log_flush();
    log_notice("");
    EXPECT_EQ(tapped, (std::vector<std::string>{"3 a", "3 "}));
}

TEST(log_details_are_kept_from_the_tap) {
    const CapturedStderr captured;
    const TappedLog log(LogLevel::kNotice);
    log_detail(LogLevel::kErr, "a");
    EXPECT_EQ(tapped, std::vector<std::string>{});
    EXPECT_EQ(captured.take(), "");
}

TEST(log_on_stderr_puts_the_name_before_lines_and_details_as_they_are) {
    const CapturedStderr captured;
    log_open(LogSink::kStderr, LogLevel::kNotice, "lan");
    log_err("t.conf:1:1: error: x");
    log_detail(LogLevel::kErr, "mroute\n^");
    log_detail(LogLevel::kInfo, "not of this level");
    EXPECT_EQ(captured.take(), "lan: t.conf:1:1: error: x\nmroute\n^\n");
}

TEST(log_gives_the_journal_levels_and_no_details) {
    const CapturedStderr captured;
    captured.claim_to_be_the_journal(0);
    log_open(LogSink::kStderr, LogLevel::kDebug, "lan");
    log_err("a");
    log_warning("b");
    log_notice("c");
    log_info("d");
    log_line(LogLevel::kDebug, "e");
    log_detail(LogLevel::kErr, "f");
    EXPECT_EQ(captured.take(), "<3>a\n<4>b\n<5>c\n<6>d\n<7>e\n");
}

TEST(log_is_not_fooled_by_a_journal_that_is_elsewhere) {
    const CapturedStderr captured;
    captured.claim_to_be_the_journal(1);
    log_open(LogSink::kStderr, LogLevel::kNotice, "lan");
    log_err("a");
    EXPECT_EQ(captured.take(), "lan: a\n");
}

TEST(log_leaves_repeats_to_whoever_forked_us) {
    const TappedLog log(LogLevel::kNotice);
    log_err("a");
    log_err("a");
    log_close();
    log_flush();
    EXPECT_EQ(tapped, std::vector<std::string>{"1 a"});
}

}  // namespace smcroute
