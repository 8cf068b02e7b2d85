// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "guard/file_broker.h"

#include <map>

#include "base/text.h"
#include "test.h"

namespace smcroute {

namespace {

// Notes what it is asked for.
class Disk final : public FileSource {
public:
    std::map<std::string, std::string> texts;
    std::map<std::string, std::vector<std::string>> matches;
    std::vector<std::string> asked;

    Result<std::optional<std::string>> read(const std::string& path) override {
        asked.push_back(path);
        if (path == "/c/locked") {
            return Error{"cannot read /c/locked: Permission denied", ExitStatus::kNoPermission};
        }
        const auto it = texts.find(path);
        return it == texts.end() ? std::nullopt : std::optional(it->second);
    }
    std::vector<std::string> glob(const std::string& pattern) override {
        asked.push_back(pattern);
        return matches[pattern];
    }
};

struct Bench {
    Disk disk;
    FileBroker broker{"/c/main", disk};

    // The text, "missing", or the error.
    std::string read(const std::string& path) {
        const auto content = broker.read(path);
        return !content ? content.error().text : *content ? **content : "missing";
    }
    // The names, a blank before each, or the error.
    std::string glob(const std::string& pattern) {
        const auto names = broker.glob(pattern);
        std::string text;
        for (const std::string& name : names ? *names : std::vector{names.error().text}) {
            text += compose("{}{}", names ? " " : "", name);
        }
        return text;
    }
};

std::string refusal(std::string_view name) {
    return compose("cannot read {}: nothing that /c/main includes has this name", name);
}

}  // namespace

TEST(file_broker_hands_out_the_main_file_and_what_it_includes) {
    Bench bench;
    bench.disk.texts = {{"/c/main", "include other\ninclude /d/far # yes\n"},
                        {"/c/other", "phyint eth0 enable"},
                        {"/d/far", "phyint eth1 enable"}};
    EXPECT_EQ(bench.read("/c/main"), "include other\ninclude /d/far # yes\n");
    EXPECT_EQ(bench.read("/c/other"), "phyint eth0 enable");
    EXPECT_EQ(bench.read("/d/far"), "phyint eth1 enable");
}

TEST(file_broker_hands_out_what_an_included_file_includes) {
    Bench bench;
    bench.disk.texts = {
        {"/c/main", "include d/one"}, {"/c/d/one", "include two"}, {"/c/d/two", "x"}};
    (void)bench.read("/c/main");
    EXPECT_EQ(bench.read("/c/d/two"), refusal("/c/d/two"));
    (void)bench.read("/c/d/one");
    EXPECT_EQ(bench.read("/c/d/two"), "x");
}

TEST(file_broker_refuses_what_no_file_names_without_asking_the_disk) {
    Bench bench;
    bench.disk.texts = {{"/c/main", "include other\n# include /etc/shadow\nexclude /etc/shadow\n"},
                        {"/etc/shadow", "secret"},
                        {"/c/other", "mroute from include to /etc/shadow\n"}};
    (void)bench.read("/c/main");
    (void)bench.read("/c/other");
    bench.disk.asked.clear();
    for (const char* const name : {"/etc/shadow", "/c/../etc/shadow", "other", "/c/./other",
                                   "/c/other/", "/c/main/", "", "/c/mai"}) {
        EXPECT_EQ(bench.read(name), refusal(name));
        EXPECT_EQ(bench.glob(name), refusal(name));
    }
    EXPECT_EQ(bench.broker.read("/etc/shadow").error().status, ExitStatus::kNoPermission);
    EXPECT_EQ(bench.disk.asked, std::vector<std::string>());
}

TEST(file_broker_refuses_before_the_main_file_was_read) {
    Bench bench;
    bench.disk.texts = {{"/c/main", "include other"}, {"/c/other", "x"}};
    EXPECT_EQ(bench.read("/c/other"), refusal("/c/other"));
    EXPECT_EQ(bench.glob("/c/*"), refusal("/c/*"));
}

TEST(file_broker_prints_a_refused_name_without_what_a_terminal_would_obey) {
    Bench bench;
    EXPECT_EQ(bench.read("/a\x1b[2J\n"), refusal(printable("/a\x1b[2J\n", 200)));
    EXPECT(bench.read("/a\x1b[2J\n").find('\x1b') == std::string::npos);
    EXPECT(bench.read(std::string(4096, 'a')).size() < 400);
}

TEST(file_broker_finds_the_files_of_a_pattern_that_was_named_and_hands_them_out) {
    Bench bench;
    bench.disk.texts = {
        {"/c/main", "include d/*.conf"}, {"/c/d/a.conf", "a"}, {"/c/d/b.conf", "b"}};
    bench.disk.matches["/c/d/*.conf"] = {"/c/d/a.conf", "/c/d/b.conf"};
    bench.disk.matches["/*"] = {"/etc"};
    (void)bench.read("/c/main");
    EXPECT_EQ(bench.read("/c/d/a.conf"), refusal("/c/d/a.conf"));
    EXPECT_EQ(bench.glob("/*"), refusal("/*"));
    EXPECT_EQ(bench.glob("/c/d/*.conf"), " /c/d/a.conf /c/d/b.conf");
    EXPECT_EQ(bench.read("/c/d/a.conf"), "a");
    EXPECT_EQ(bench.read("/c/d/b.conf"), "b");
    EXPECT_EQ(bench.read("/c/d/c.conf"), refusal("/c/d/c.conf"));
}

TEST(file_broker_forgets_at_a_new_load_what_the_last_one_named) {
    Bench bench;
    bench.disk.texts = {{"/c/main", "include other\ninclude d/*"}, {"/c/other", "x"}};
    bench.disk.matches["/c/d/*"] = {"/c/d/a"};
    (void)bench.read("/c/main");
    (void)bench.glob("/c/d/*");
    bench.disk.texts["/c/main"] = "include another";
    EXPECT_EQ(bench.read("/c/other"), "x");
    (void)bench.read("/c/main");
    EXPECT_EQ(bench.read("/c/other"), refusal("/c/other"));
    EXPECT_EQ(bench.read("/c/d/a"), refusal("/c/d/a"));
    EXPECT_EQ(bench.glob("/c/d/*"), refusal("/c/d/*"));
    EXPECT_EQ(bench.read("/c/another"), "missing");
}

TEST(file_broker_hands_on_what_is_missing_and_what_cannot_be_read) {
    Bench bench;
    EXPECT_EQ(bench.read("/c/main"), "missing");
    bench.disk.texts["/c/main"] = "include locked\ninclude gone";
    (void)bench.read("/c/main");
    EXPECT_EQ(bench.read("/c/locked"), "cannot read /c/locked: Permission denied");
    EXPECT_EQ(bench.read("/c/gone"), "missing");
}

}  // namespace smcroute
