// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/spelling.h"

#include "base/text.h"
#include "options_text.h"
#include "test.h"

namespace smcroute {

namespace {

std::string spelled(std::string_view text) {
    const auto words = spell_out(words_of(text));
    if (!words) {
        return words.error().text;
    }
    std::string line;
    for (const std::string& word : *words) {
        add_word(line, word);
    }
    return line;
}

struct Case {
    std::string_view words;
    std::string_view expected;
};

}  // namespace

TEST(spelling_writes_out_commands_and_tables) {
    const std::vector<Case> cases = {
        {"", ""},
        {"a eth0", "add eth0"},
        {"rem eth0", "remove eth0"},
        {"del eth0", "remove eth0"},
        {"re", "'re' may mean reload or remove or restart"},
        {"res", "reload"},
        {"k", "kill"},
        {"he", "help"},
        {"ver", "version"},
        {"di", "diff"},
        {"w", "'w' may mean wait or watch or why"},
        {"s", "show"},
        {"s g", "show groups"},
        {"s int", "show interfaces"},
        {"show ra 225.1.2.3", "show rates 225.1.2.3"},
        {"show ru", "show rules"},
        {"show eth0", "show eth0"},
        {"show routes r", "show routes r"},
        {"status", "show status"},
        {"st 225.1.2.3", "show status 225.1.2.3"},
        {"ro", "show routes"},
        {"xyz eth0", "xyz eth0"},
        {"-a r", "-a r"},
        {"--show r", "--show r"},
    };
    for (const Case& each : cases) {
        EXPECT_EQ(compose("{} => {}", each.words, spelled(each.words)),
                  compose("{} => {}", each.words, each.expected));
    }
}

TEST(spelling_prefers_what_releases_2_4_to_2_6_knew) {
    EXPECT_EQ(spelled("d eth0"), "remove eth0");
    EXPECT_EQ(spelled("show r"), "show routes");
}

}  // namespace smcroute
