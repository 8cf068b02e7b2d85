// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/loader.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <glob.h>

#include "test.h"

#ifndef TEST_CONF_DIR
#define TEST_CONF_DIR "tests/conf"
#endif

namespace smcroute {

namespace {

// Files in memory. A pattern is answered by `matches`, else by nothing.
struct FakeFiles : FileSource {
    std::map<std::string, std::string> files;
    std::map<std::string, std::vector<std::string>> matches;
    std::vector<std::string> reads;

    Result<std::optional<std::string>> read(const std::string& path) override {
        reads.push_back(path);
        if (path == "/etc/secret") {
            return Error{"cannot open /etc/secret: Permission denied", ExitStatus::kNoPermission};
        }
        const auto it = files.find(path);
        return it == files.end() ? std::nullopt : std::optional(it->second);
    }

    std::vector<std::string> glob(const std::string& pattern) override { return matches[pattern]; }
};

// Notes each statement as "FILE:LINE STATEMENT", the file by its index.
struct Notes : StatementSink {
    std::vector<std::string> lines;

    void on_route(const RouteSpec& route, const Origin& origin) override {
        note(to_string(route), origin);
    }
    void on_join(JoinSpec&& join, const Origin& origin) override { note(to_string(join), origin); }
    void on_phyint(PhyintSpec&& phyint, const Origin& origin) override {
        note(to_string(phyint), origin);
    }

    void note(const std::string& text, const Origin& origin) {
        lines.push_back(std::to_string(origin.file) + ":" + std::to_string(origin.line) + " " +
                        text);
    }
};

using Lines = std::vector<std::string>;

const Lines kNone;

Lines rendered(const std::vector<Diagnostic>& diagnostics) {
    Lines lines;
    for (const Diagnostic& diagnostic : diagnostics) {
        lines.push_back(render(diagnostic));
    }
    return lines;
}

}  // namespace

TEST(loader_puts_included_statements_in_the_place_of_the_include) {
    FakeFiles source;
    source.files = {{"/etc/a.conf", "phyint eth0\ninclude b.conf\nphyint eth2\n"},
                    {"/etc/b.conf", "# b\nphyint eth1\n"}};
    Notes notes;
    const LoadResult result = load("/etc/a.conf", source, notes);
    EXPECT_EQ(notes.lines, (Lines{"0:1 phyint eth0", "1:2 phyint eth1", "0:3 phyint eth2"}));
    EXPECT_EQ(result.files, (Lines{"/etc/a.conf", "/etc/b.conf"}));
    EXPECT_EQ(rendered(result.diagnostics), kNone);
    EXPECT(!result.missing);
}

TEST(loader_takes_a_missing_main_file_for_no_error) {
    FakeFiles source;
    Notes notes;
    const LoadResult result = load("/etc/a.conf", source, notes);
    EXPECT(result.missing);
    EXPECT_EQ(rendered(result.diagnostics), kNone);
}

TEST(loader_reports_an_unreadable_main_file) {
    FakeFiles source;
    Notes notes;
    const LoadResult result = load("/etc/secret", source, notes);
    EXPECT(!result.missing);
    EXPECT_EQ(rendered(result.diagnostics),
              (Lines{"/etc/secret: error: cannot open /etc/secret: Permission denied"}));
}

TEST(loader_reports_what_it_cannot_include_and_goes_on) {
    FakeFiles source;
    source.files = {{"a.conf", "include b.conf\ninclude /etc/secret\nphyint eth0"}};
    Notes notes;
    const LoadResult result = load("a.conf", source, notes);
    EXPECT_EQ(notes.lines, (Lines{"0:3 phyint eth0"}));
    EXPECT_EQ(rendered(result.diagnostics),
              (Lines{"a.conf:1:9: error: no file b.conf\ninclude b.conf\n        ^~~~~~",
                     "a.conf:2:9: error: cannot open /etc/secret: Permission denied\n"
                     "include /etc/secret\n        ^~~~~~~~~~~"}));
}

TEST(loader_sorts_what_a_pattern_matches_and_skips_what_vanished) {
    FakeFiles source;
    source.files = {{"/etc/a.conf", "include d/*.conf\ninclude e/*.conf"},
                    {"/etc/d/10.conf", "phyint eth10"},
                    {"/etc/d/20.conf", "phyint eth20"}};
    source.matches["/etc/d/*.conf"] = {"/etc/d/20.conf", "/etc/d/15.conf", "/etc/d/10.conf"};
    Notes notes;
    const LoadResult result = load("/etc/a.conf", source, notes);
    EXPECT_EQ(notes.lines, (Lines{"1:1 phyint eth10", "2:1 phyint eth20"}));
    EXPECT_EQ(rendered(result.diagnostics), kNone);
}

TEST(loader_keeps_a_directory_name_out_of_the_pattern) {
    FakeFiles source;
    source.files = {{"/etc/[x]*/a.conf", "include *.conf"}, {"found", "phyint eth0"}};
    source.matches["/etc/\\[x]\\*/*.conf"] = {"found"};
    Notes notes;
    load("/etc/[x]*/a.conf", source, notes);
    EXPECT_EQ(notes.lines, (Lines{"1:1 phyint eth0"}));
}

TEST(loader_resolves_names_against_the_including_file) {
    FakeFiles source;
    source.files = {{"/etc/a.conf", "include sub/b.conf"},
                    {"/etc/sub/b.conf", "include c.conf\ninclude /abs.conf"},
                    {"/etc/sub/c.conf", "phyint eth0"},
                    {"/abs.conf", "phyint eth1"}};
    Notes notes;
    const LoadResult result = load("/etc/a.conf", source, notes);
    EXPECT_EQ(result.files,
              (Lines{"/etc/a.conf", "/etc/sub/b.conf", "/etc/sub/c.conf", "/abs.conf"}));
}

TEST(loader_shows_the_chain_of_a_cycle) {
    FakeFiles source;
    source.files = {{"a.conf", "include b.conf"},
                    {"b.conf", "include ./a.conf\ninclude d/../a.conf\nphyint eth0"}};
    Notes notes;
    const LoadResult result = load("a.conf", source, notes);
    EXPECT_EQ(notes.lines, (Lines{"1:3 phyint eth0"}));
    EXPECT_EQ(rendered(result.diagnostics),
              (Lines{"b.conf:1:9: error: include cycle: a.conf -> b.conf -> ./a.conf\n"
                     "include ./a.conf\n        ^~~~~~~~",
                     "b.conf:2:9: error: include cycle: a.conf -> b.conf -> d/../a.conf\n"
                     "include d/../a.conf\n        ^~~~~~~~~~~"}));
}

TEST(loader_takes_includes_16_deep_and_not_17) {
    FakeFiles source;
    for (int i = 0; i < 20; ++i) {
        source.files[std::to_string(i)] =
            "phyint eth" + std::to_string(i) + "\ninclude " + std::to_string(i + 1);
    }
    Notes notes;
    const LoadResult result = load("0", source, notes);
    EXPECT_EQ(notes.lines.size(), size_t{17});
    EXPECT_EQ(
        rendered(result.diagnostics),
        (Lines{"16:2:9: error: includes nested more than 16 deep: 0 -> 1 -> 2 -> 3 -> 4 -> 5 -> "
               "6 -> 7 -> 8 -> 9 -> 10 -> 11 -> 12 -> 13 -> 14 -> 15 -> 16 -> 17\n"
               "include 17\n        ^~"}));
}

TEST(loader_reads_a_file_once_however_often_it_is_included) {
    FakeFiles source;
    source.files = {
        {"a", "include b\ninclude ./b\ninclude c"}, {"b", "phyint eth0"}, {"c", "include b"}};
    Notes notes;
    const LoadResult result = load("a", source, notes);
    EXPECT_EQ(notes.lines, (Lines{"1:1 phyint eth0"}));
    EXPECT_EQ(source.reads, (Lines{"a", "b", "c"}));
    EXPECT_EQ(rendered(result.diagnostics), kNone);
}

TEST(loader_bounds_the_number_of_files) {
    FakeFiles source;
    source.files["a"] = "include *";
    std::vector<std::string>& matches = source.matches["*"];
    for (size_t i = 0; i < kMaxFiles; ++i) {
        matches.push_back("f" + std::to_string(i));
        source.files[matches.back()] = "";
    }
    Notes notes;
    const LoadResult result = load("a", source, notes);
    EXPECT_EQ(result.files.size(), kMaxFiles);
    EXPECT_EQ(rendered(result.diagnostics),
              (Lines{"a:1:9: error: more than 65534 files\ninclude *\n        ^"}));
}

namespace {

// The files below a directory of the source tree, which they name without it.
struct GoldenFiles : FileSource {
    static std::string place(const std::string& path) { return TEST_CONF_DIR "/" + path; }

    static std::optional<std::string> content(const std::string& path) {
        FILE* const file = fopen(path.c_str(), "rb");
        if (file == nullptr) {
            return std::nullopt;
        }
        std::string text;
        for (int c = fgetc(file); c != EOF; c = fgetc(file)) {
            text += static_cast<char>(c);
        }
        fclose(file);
        return text;
    }

    Result<std::optional<std::string>> read(const std::string& path) override {
        return content(place(path));
    }

    std::vector<std::string> glob(const std::string& pattern) override {
        std::vector<std::string> paths;
        glob_t found{};
        if (::glob(place(pattern).c_str(), 0, nullptr, &found) == 0) {
            for (size_t i = 0; i < found.gl_pathc; ++i) {
                paths.push_back(std::string(found.gl_pathv[i]).substr(place("").size()));
            }
        }
        globfree(&found);
        return paths;
    }
};

// What stands in an .expected file: a line for each statement, then the diagnostics.
std::string outcome_of(const std::string& path) {
    GoldenFiles source;
    Notes notes;
    const LoadResult result = load(path, source, notes);
    std::string text;
    for (const std::string& line : notes.lines) {
        text += line + "\n";
    }
    for (const std::string& line : rendered(result.diagnostics)) {
        text += line + "\n";
    }
    return text;
}

}  // namespace

TEST(loader_answers_each_golden_file_as_expected) {
    GoldenFiles source;
    const std::vector<std::string> paths = source.glob("*.conf");
    EXPECT(!paths.empty());
    for (const std::string& path : paths) {
        const std::string expected = path.substr(0, path.rfind('.')) + ".expected";
        EXPECT_EQ(path + "\n" + outcome_of(path),
                  path + "\n" + GoldenFiles::content(GoldenFiles::place(expected)).value_or(""));
    }
}

}  // namespace smcroute
