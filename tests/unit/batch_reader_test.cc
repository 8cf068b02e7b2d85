// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/batch_reader.h"

#include <array>
#include <string_view>

#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "os/io.h"
#include "os/unique_fd.h"
#include "test.h"

namespace smcroute {

namespace {

// A feed that somebody writes bit by bit.
struct Feed {
    Feed() {
        std::array<int, 2> ends{};
        EXPECT(pipe2(ends.data(), O_CLOEXEC) == 0);
        out = UniqueFd(ends[0]);
        in = UniqueFd(ends[1]);
        lines.emplace(out.get(), "feed");
    }
    void write(std::string_view text) const { EXPECT(write_all(in.get(), text)); }

    // "feed:1: add|eth0", the error of a line, or "nothing".
    std::string next(bool may_wait) {
        const auto line = lines->next(may_wait);
        if (!line) {
            return "nothing";
        }
        std::string text = line->place;
        if (!line->words) {
            return text + line->words.error().text;
        }
        for (const std::string& word : *line->words) {
            text += &word == line->words->data() ? word : "|" + word;
        }
        return text;
    }

    UniqueFd out, in;
    std::optional<BatchReader> lines;
};

}  // namespace

TEST(batch_reader_gives_the_lines_that_have_words_with_their_numbers) {
    Feed feed;
    feed.write("add eth0 225.1.2.3 eth1\n\n# nothing\n  kill # now\nlast");
    feed.in.reset();
    EXPECT_EQ(feed.next(true), "feed:1: add|eth0|225.1.2.3|eth1");
    EXPECT_EQ(feed.next(true), "feed:4: kill");
    EXPECT_EQ(feed.next(true), "feed:5: last");
    EXPECT_EQ(feed.next(true), "nothing");
    EXPECT_EQ(feed.next(true), "nothing");
}

TEST(batch_reader_that_is_not_to_wait_gives_what_has_been_read) {
    Feed feed;
    EXPECT_EQ(feed.next(false), "nothing");
    feed.write("one\ntwo\n# and a comment\nthr");
    EXPECT_EQ(feed.next(true), "feed:1: one");
    EXPECT_EQ(feed.next(false), "feed:2: two");
    EXPECT_EQ(feed.next(false), "nothing");
    feed.write("ee\n");
    EXPECT_EQ(feed.next(false), "nothing");
    EXPECT_EQ(feed.next(true), "feed:4: three");
    feed.in.reset();
    EXPECT_EQ(feed.next(false), "nothing");
    EXPECT_EQ(feed.next(true), "nothing");
}

TEST(batch_reader_takes_lines_of_any_length) {
    Feed feed;
    const std::string word(30'000, 'x');
    feed.write(word + " " + word + "\nshort\n");
    feed.in.reset();
    EXPECT_EQ(feed.next(true), compose("feed:1: {}|{}", word, word));
    EXPECT_EQ(feed.next(false), "feed:2: short");
}

TEST(batch_reader_names_the_line_that_is_wrong) {
    Feed feed;
    feed.write("add \"eth0\xc2\xa0\xc2\xa0\nkill\n");
    feed.in.reset();
    EXPECT(feed.next(true).starts_with("feed:1: "));
    EXPECT_EQ(feed.next(true), "feed:2: kill");
}

TEST(batch_reader_says_once_that_there_is_nothing_to_read) {
    const UniqueFd directory(open("/", O_RDONLY | O_CLOEXEC));
    BatchReader lines(directory.get(), "/");
    const auto line = lines.next(true);
    REQUIRE(line && !line->words);
    EXPECT_EQ(line->place + line->words.error().text, "cannot read /: Is a directory");
    EXPECT(line->words.error().status == ExitStatus::kSystem);
    EXPECT(!lines.next(true));
}

}  // namespace smcroute
