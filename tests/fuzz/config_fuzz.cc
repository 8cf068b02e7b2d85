// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Fuzzes the loader with all below it. The input is one or more files, parted by lines "%%": the
// main file, "/c/main", then "/c/1", "/c/2" …; a pattern matches all of them. What must hold: each
// diagnostic points into its line, each accepted statement, written out, parses to itself, and each
// line means the same among others as alone.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "config/lexer.h"
#include "config/lint.h"
#include "config/loader.h"

using namespace smcroute;

namespace {

class Files final : public FileSource {
public:
    explicit Files(std::string_view input) {
        constexpr std::string_view kBorder = "\n%%\n";
        std::string name = "/c/main";
        for (size_t next = 1; true; ++next) {
            const size_t border = input.find(kBorder);
            texts_[name] = std::string(input.substr(0, border));
            if (border == input.npos) {
                return;
            }
            input.remove_prefix(border + kBorder.size());
            name = "/c/" + std::to_string(next);
        }
    }

    Result<std::optional<std::string>> read(const std::string& path) override {
        if (path == "/c/locked") {
            return Error{"cannot open /c/locked: Permission denied", ExitStatus::kNoPermission};
        }
        const auto it = texts_.find(path);
        return it == texts_.end() ? std::nullopt : std::optional(it->second);
    }

    std::vector<std::string> glob(const std::string&) override {
        std::vector<std::string> paths;
        for (const auto& [path, text] : texts_) {
            paths.push_back(path);
        }
        return paths;
    }

private:
    std::map<std::string, std::string> texts_;
};

// Keeps what it is given, and has it judged against the rest.
struct Statements final : StatementSink {
    std::vector<RouteSpec> routes;
    std::vector<JoinSpec> joins;
    std::vector<PhyintSpec> phyints;
    Desired desired;
    uint16_t last_file = 0;

    void on_route(const RouteSpec& route, const Origin& origin) override {
        note(origin);
        desired.add(route, origin);
        routes.push_back(std::move(route));
    }
    void on_join(JoinSpec&& join, const Origin& origin) override {
        note(origin);
        joins.push_back(std::move(join));
    }
    void on_phyint(PhyintSpec&& phyint, const Origin& origin) override {
        note(origin);
        desired.add(phyint, origin);
        phyints.push_back(std::move(phyint));
    }

    void note(const Origin& origin) {
        CHECK(origin.line > 0);
        last_file = std::max(last_file, origin.file);
    }
};

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); });
}

void check_diagnostic(const Diagnostic& diagnostic) {
    CHECK(!diagnostic.text.empty());
    CHECK(diagnostic.column > 0);
    CHECK(diagnostic.width > 0);
    CHECK(diagnostic.column - 1 + diagnostic.width <= diagnostic.source_line.size());
    const std::string shown = render(diagnostic);
    CHECK(std::count(shown.begin(), shown.end(), '\n') == 2);
    const size_t source = shown.find('\n') + 1;
    const size_t marks = shown.find('\n', source) + 1;
    CHECK(is_printable(shown.substr(0, source - 1)));
    CHECK(is_printable(shown.substr(source, marks - 1 - source)));
    CHECK(shown.size() - marks <= marks - 1 - source);
    CHECK(shown.find('^', marks) != shown.npos);
}

// A statement in its canonical text is accepted and means the same; `kept` picks what it became.
template <typename Spec>
void check_round_trip(const Spec& spec, std::vector<Spec> Statements::*kept) {
    Statements again;
    std::vector<Diagnostic> diagnostics;
    const std::string text = to_string(spec);
    if (text.size() > 60000) {
        return;  // canonical text may be longer than a line may be
    }
    parse({.name = "again", .text = text, .file = 0}, again, diagnostics);
    CHECK(!has_error(diagnostics));
    CHECK((again.*kept).size() == 1);
    CHECK((again.*kept).front() == spec);
}

// A line means the same by itself as among others, however the parser shortens its work.
void check_line_by_line(std::string_view text) {
    Statements together;
    std::vector<Diagnostic> found;
    parse({.name = "t", .text = text, .file = 0}, together, found);
    Statements apart;
    std::vector<Diagnostic> found_apart;
    LineReader reader(text);
    while (reader.next()) {
        const std::string line = "\n" + std::string(reader.line()) + "\r\n";
        parse({.name = "t", .text = line, .file = 0}, apart, found_apart);
    }
    CHECK(together.routes == apart.routes);
    CHECK(together.joins == apart.joins);
    CHECK(together.phyints == apart.phyints);
    CHECK(found.size() == found_apart.size());
    for (size_t i = 0; i < found.size(); ++i) {
        found_apart[i].line = found[i].line;
        CHECK(found[i] == found_apart[i]);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string input(data, data + size);
    Files files(input);
    Statements statements;
    check_line_by_line(input);
    const LoadResult result = load("/c/main", files, statements);
    CHECK(!result.missing);
    CHECK(statements.last_file < result.files.size());
    for (const Diagnostic& diagnostic : result.diagnostics) {
        check_diagnostic(diagnostic);
    }
    for (const Diagnostic& warning : warnings_of(statements.desired, result.files)) {
        CHECK(warning.severity == Severity::kWarning);
        CHECK(warning.line > 0);
    }
    for (const RouteSpec& route : statements.routes) {
        check_round_trip(route, &Statements::routes);
    }
    for (const JoinSpec& join : statements.joins) {
        check_round_trip(join, &Statements::joins);
    }
    for (const PhyintSpec& phyint : statements.phyints) {
        check_round_trip(phyint, &Statements::phyints);
    }
    return 0;
}
