// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <variant>

#include "base/text.h"
#include "config/clauses.h"
#include "config/lexer.h"
#include "config/lint.h"
#include "config/route_template.h"
#include "config/spec.h"
#include "config/suggest.h"

namespace smcroute {

namespace {

constexpr std::array<std::string_view, 4> kPhyintWords = {"enable", "disable", "mrdisc",
                                                          "ttl-threshold"};

constexpr ClauseSet kJoinClauses = set_of({Clause::kFrom, Clause::kSource, Clause::kGroup});
constexpr ClauseSet kRouteClauses = kJoinClauses | set_of({Clause::kExcept, Clause::kTo});

class Parser {
public:
    Parser(const ConfigText& config, StatementSink& sink, std::vector<Diagnostic>& diagnostics)
        : config_(config), sink_(sink), diagnostics_(diagnostics), reader_(config.text) {}

    void run();

private:
    struct Directive {
        std::string_view keyword;
        std::optional<BadWord> (Parser::*parse)();
    };
    static const std::array<Directive, 5> kDirectives;

    std::optional<BadWord> statement();
    std::optional<BadWord> route();
    bool route_like_the_last();
    std::optional<BadWord> join();
    std::optional<BadWord> phyint();
    std::optional<BadWord> include();
    std::optional<BadWord> unknown_directive() const;

    Origin origin() const { return {.line = reader_.number(), .file = config_.file}; }
    void report(Severity severity, const BadWord& bad);
    void warn(const std::vector<Warning>& warnings, const Clauses& clauses);

    const ConfigText& config_;
    StatementSink& sink_;
    std::vector<Diagnostic>& diagnostics_;
    LineReader reader_;
    RouteTemplate template_;
    std::vector<std::string_view> words_;  // of the line being read, never empty in a directive
};

constexpr std::array<Parser::Directive, 5> Parser::kDirectives = {{
    {"mroute", &Parser::route},
    {"mgroup", &Parser::join},
    {"ssmgroup", &Parser::join},
    {"phyint", &Parser::phyint},
    {"include", &Parser::include},
}};

void Parser::run() {
    while (reader_.next()) {
        if (const auto bad = statement()) {
            report(Severity::kError, *bad);
        }
    }
}

std::optional<BadWord> Parser::statement() {
    if (route_like_the_last()) {
        return std::nullopt;
    }
    if (auto bad = split_words(reader_.line(), words_)) {
        return bad;
    }
    if (words_.empty()) {
        return std::nullopt;
    }
    for (const Directive& directive : kDirectives) {
        if (directive.keyword == words_[0]) {
            return (this->*directive.parse)();
        }
    }
    return unknown_directive();
}

std::optional<BadWord> Parser::unknown_directive() const {
    std::array<std::string_view, kDirectives.size()> known;
    std::transform(kDirectives.begin(), kDirectives.end(), known.begin(),
                   [](const Directive& directive) { return directive.keyword; });
    return BadWord{words_[0],
                   cat({"unknown keyword ", quoted(words_[0]), hint_for(words_[0], known)})};
}

std::optional<BadWord> Parser::route() {
    const auto read = read_clauses(words_, kRouteClauses);
    if (const BadWord* const bad = std::get_if<BadWord>(&read)) {
        return *bad;
    }
    const Clauses& clauses = *std::get_if<Clauses>(&read);
    auto made = make_route({.inbound = clauses[Clause::kFrom],
                            .source = clauses[Clause::kSource],
                            .except = clauses[Clause::kExcept],
                            .group = clauses[Clause::kGroup],
                            .outbounds = clauses.outbounds});
    if (const BadWord* const bad = std::get_if<BadWord>(&made)) {
        return *bad;
    }
    RouteSpec& route = *std::get_if<RouteSpec>(&made);
    warn(warnings_of(route), clauses);
    template_.remember(reader_.line(), clauses[Clause::kSource], clauses[Clause::kGroup], route);
    sink_.on_route(std::move(route), origin());
    return std::nullopt;
}

bool Parser::route_like_the_last() {
    auto route = template_.match(reader_.line());
    if (!route || !warnings_of(*route).empty()) {
        return false;
    }
    sink_.on_route(std::move(*route), origin());
    return true;
}

std::optional<BadWord> Parser::join() {
    const auto read = read_clauses(words_, kJoinClauses);
    if (const BadWord* const bad = std::get_if<BadWord>(&read)) {
        return *bad;
    }
    const Clauses& clauses = *std::get_if<Clauses>(&read);
    auto made = make_join({.interface = clauses[Clause::kFrom],
                           .source = clauses[Clause::kSource],
                           .group = clauses[Clause::kGroup]});
    if (const BadWord* const bad = std::get_if<BadWord>(&made)) {
        return *bad;
    }
    JoinSpec& join = *std::get_if<JoinSpec>(&made);
    warn(warnings_of(join), clauses);
    sink_.on_join(std::move(join), origin());
    return std::nullopt;
}

// The effect of one word after the interface's name; `next` is the word after it, or empty.
std::optional<BadWord> apply_phyint_word(std::string_view word, std::string_view next,
                                         PhyintSpec& phyint) {
    const BadWord duplicate{word, cat({"duplicate '", word, "'"})};
    if (word == "enable" || word == "disable") {
        const bool enable = word == "enable";
        if (phyint.enable.value_or(enable) != enable) {
            return BadWord{word, "both 'enable' and 'disable' in phyint"};
        }
        return std::exchange(phyint.enable, enable) ? std::optional(duplicate) : std::nullopt;
    }
    if (word == "mrdisc") {
        return std::exchange(phyint.mrdisc, true) ? std::optional(duplicate) : std::nullopt;
    }
    if (word != "ttl-threshold") {
        return BadWord{word, cat({"unknown keyword ", quoted(word), " in phyint",
                                  hint_for(word, kPhyintWords)})};
    }
    if (phyint.ttl_threshold) {
        return duplicate;
    }
    if (next.empty()) {
        return BadWord{word, "missing number after 'ttl-threshold' (expected 1-255)"};
    }
    const auto threshold = parse_threshold_word(next);
    if (!threshold) {
        return BadWord{next, threshold.error().text};
    }
    phyint.ttl_threshold = *threshold;
    return std::nullopt;
}

std::optional<BadWord> Parser::phyint() {
    if (words_.size() < 2) {
        return BadWord{words_[0], "missing interface name after 'phyint'"};
    }
    const auto interface = parse_interface_word(words_[1]);
    if (!interface) {
        return BadWord{words_[1], interface.error().text};
    }
    PhyintSpec phyint{*interface, {}, {}, {}};
    for (size_t i = 2; i < words_.size(); ++i) {
        const std::string_view next = i + 1 < words_.size() ? words_[i + 1] : std::string_view();
        if (auto bad = apply_phyint_word(words_[i], next, phyint)) {
            return bad;
        }
        i += words_[i] == "ttl-threshold" ? 1 : 0;
    }
    sink_.on_phyint(std::move(phyint), origin());
    return std::nullopt;
}

std::optional<BadWord> Parser::include() {
    if (words_.size() < 2) {
        return BadWord{words_[0], "missing file name or pattern after 'include'"};
    }
    if (words_.size() > 2) {
        return BadWord{words_[2], cat({"unexpected ", quoted(words_[2]),
                                       " (an include names one file or pattern)"})};
    }
    const Status status = sink_.on_include(words_[1], origin());
    return status ? std::nullopt : std::optional(BadWord{words_[1], status.error().text});
}

void Parser::report(Severity severity, const BadWord& bad) {
    // Of a line that is too long, enough to show where it became so.
    constexpr size_t kKept = kMaxLineLength + 80;
    diagnostics_.push_back({.severity = severity,
                            .file = std::string(config_.name),
                            .line = reader_.number(),
                            .column = column_of(bad.word, reader_.line()),
                            .text = bad.text,
                            .source_line = std::string(reader_.line().substr(0, kKept)),
                            .width = static_cast<uint32_t>(bad.word.size())});
}

void Parser::warn(const std::vector<Warning>& warnings, const Clauses& clauses) {
    for (const Warning& warning : warnings) {
        const std::string_view word = warning.clause == Clause::kTo
                                          ? clauses.outbounds[warning.index]
                                          : clauses[warning.clause];
        report(Severity::kWarning, {word, warning.text});
    }
}

}  // namespace

Status StatementSink::on_include(std::string_view, const Origin&) { return {}; }

void parse(const ConfigText& config, StatementSink& sink, std::vector<Diagnostic>& diagnostics) {
    Parser(config, sink, diagnostics).run();
}

}  // namespace smcroute
