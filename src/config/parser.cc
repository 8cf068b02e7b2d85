// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "base/text.h"
#include "config/clauses.h"
#include "config/if_doubt.h"
#include "config/lexer.h"
#include "config/lint.h"
#include "config/route_template.h"
#include "config/spec.h"
#include "config/suggest.h"

namespace smcroute {

namespace {

constexpr std::array<std::string_view, 4> kPhyintWords = {"enable", "disable", "mrdisc",
                                                          "ttl-threshold"};

// The words that other programs, or older releases, use for these.
struct Synonym {
    std::string_view word;
    std::string_view meaning;
};
constexpr std::array<Synonym, 3> kPhyintSynonyms = {
    {{"enabled", "enable"}, {"disabled", "disable"}, {"threshold", "ttl-threshold"}}};

constexpr ClauseSet kJoinClauses = set_of({Clause::kFrom, Clause::kSource, Clause::kGroup});
constexpr ClauseSet kRouteClauses =
    kJoinClauses | set_of({Clause::kExcept, Clause::kNolearn, Clause::kTo});

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
    std::optional<BadWord> phyint_words(PhyintSpec& phyint);
    std::optional<BadWord> include();
    std::optional<BadWord> unknown_directive() const;

    Origin origin() const { return {.line = reader_.number(), .file = config_.file}; }
    void report(const BadWord& bad);
    void warn(std::string_view word, std::string text) {
        report({word, std::move(text), Severity::kWarning});
    }
    void warn(const std::vector<Warning>& warnings, const Clauses& clauses);
    void cut_slashes();
    void doubt(const IfPattern& name, std::string_view word);
    void doubt(const RouteSpec& route, const Clauses& clauses);

    const ConfigText& config_;
    StatementSink& sink_;
    std::vector<Diagnostic>& diagnostics_;
    LineReader reader_;
    RouteTemplate template_;
    std::vector<std::string_view> words_;  // of the line being read, never empty in a directive
    size_t said_before_ = 0;               // diagnostics before that line
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
            report(*bad);
        }
    }
}

std::optional<BadWord> Parser::statement() {
    if (route_like_the_last()) {
        return std::nullopt;
    }
    said_before_ = diagnostics_.size();
    if (auto bad = split_words(reader_.line(), words_)) {
        return bad;
    }
    cut_slashes();
    if (words_.empty()) {
        return std::nullopt;
    }
    // A file name may contain any byte.
    const bool is_include = words_[0] == "include";
    if (auto bad = foreign_space_in(std::span(words_).first(is_include ? 1 : words_.size()),
                                    reader_.line())) {
        return bad;
    }
    for (const Directive& directive : kDirectives) {
        if (directive.keyword == words_[0]) {
            return (this->*directive.parse)();
        }
    }
    return unknown_directive();
}

// Only a file name may begin with two slashes; elsewhere they begin a comment.
void Parser::cut_slashes() {
    const auto begins = [this](const std::string_view& word) {
        const bool is_path = &word == words_.data() + 1 && words_[0] == "include";
        return word.starts_with("//") && !is_path;
    };
    const auto comment = std::find_if(words_.begin(), words_.end(), begins);
    if (comment != words_.end()) {
        warn(*comment, compose("{} is taken for a comment ('#' begins one)", quoted(*comment)));
        words_.erase(comment, words_.end());
    }
}

void Parser::doubt(const IfPattern& name, std::string_view word) {
    const std::string typo = typo_in(name, config_.present);
    if (!typo.empty()) {
        warn(word, compose("interface name {} is probably mistyped ({})", quoted(word), typo));
    }
}

void Parser::doubt(const RouteSpec& route, const Clauses& clauses) {
    doubt(route.inbound, clauses[Clause::kFrom]);
    for (size_t i = 0; i < route.outbounds.size(); ++i) {
        doubt(route.outbounds[i], clauses.outbounds[i]);
    }
}

std::optional<BadWord> Parser::unknown_directive() const {
    std::array<std::string_view, kDirectives.size()> known;
    std::transform(kDirectives.begin(), kDirectives.end(), known.begin(),
                   [](const Directive& directive) { return directive.keyword; });
    return BadWord{words_[0],
                   compose("unknown keyword {}{}", quoted(words_[0]), hint_for(words_[0], known))};
}

std::optional<BadWord> Parser::route() {
    const auto read = read_clauses(words_, kRouteClauses);
    if (!read) {
        return read.error();
    }
    const Clauses& clauses = *read;
    auto route = make_route({.inbound = clauses[Clause::kFrom],
                             .source = clauses[Clause::kSource],
                             .except = clauses[Clause::kExcept],
                             .group = clauses[Clause::kGroup],
                             .outbounds = clauses.outbounds,
                             .nolearn = !clauses[Clause::kNolearn].empty()});
    if (!route) {
        return route.error();
    }
    warn(warnings_of(*route), clauses);
    doubt(*route, clauses);
    if (diagnostics_.size() == said_before_) {
        template_.remember(reader_.line(), clauses[Clause::kSource], clauses[Clause::kGroup],
                           *route);
    }
    sink_.on_route(*route, origin());
    return std::nullopt;
}

bool Parser::route_like_the_last() {
    const RouteSpec* const route = template_.match(reader_.line());
    if (route == nullptr || !warnings_of(*route).empty()) {
        return false;
    }
    sink_.on_route(*route, origin());
    return true;
}

std::optional<BadWord> Parser::join() {
    const auto read = read_clauses(words_, kJoinClauses);
    if (!read) {
        return read.error();
    }
    const Clauses& clauses = *read;
    auto join = make_join({.interface = clauses[Clause::kFrom],
                           .source = clauses[Clause::kSource],
                           .group = clauses[Clause::kGroup]});
    if (!join) {
        BadWord bad = join.error();
        bad.text += bad.severity == Severity::kWarning ? ": the line is left out" : "";
        return bad;
    }
    if (!clauses.surplus.empty()) {
        const std::string_view word = clauses.surplus[0];
        warn(word, word == "to" ? "'to' does not belong in mgroup and is left out"
                                : compose("unknown word {} in mgroup is left out", quoted(word)));
    }
    warn(warnings_of(*join), clauses);
    doubt(join->interface, clauses[Clause::kFrom]);
    sink_.on_join(*std::move(join), origin());
    return std::nullopt;
}

std::string_view phyint_meaning(std::string_view word) {
    for (const Synonym& synonym : kPhyintSynonyms) {
        if (synonym.word == word) {
            return synonym.meaning;
        }
    }
    return word;
}

BadWord warning(std::string_view word, std::string text) {
    return {word, std::move(text), Severity::kWarning};
}

// `next` is the word after the keyword, or empty.
std::optional<BadWord> set_threshold(std::string_view keyword, std::string_view next,
                                     PhyintSpec& phyint) {
    if (next.empty()) {
        return BadWord{keyword, compose("missing number after '{}' (expected 1-255)", keyword)};
    }
    const std::string complaint = compose("{}{}", quoted(next), kNoThreshold);
    const auto number = parse_number<uint64_t>(next);
    if (!number) {
        return BadWord{next, complaint};
    }
    const auto threshold = static_cast<uint8_t>(std::clamp<uint64_t>(*number, 1, 255));
    phyint.ttl_threshold = threshold;
    return threshold == *number
               ? std::nullopt
               : std::optional(warning(next, compose("{}: {} is taken", complaint, threshold)));
}

// Applies one word after the interface's name. If words contradict each other the last one holds,
// as with lines.
std::optional<BadWord> apply_phyint_word(std::string_view word, std::string_view next,
                                         PhyintSpec& phyint) {
    const std::string_view meaning = phyint_meaning(word);
    if (meaning == "enable" || meaning == "disable") {
        const auto before = std::exchange(phyint.enable, meaning == "enable");
        if (before && before != phyint.enable) {
            return warning(word,
                           compose("both 'enable' and 'disable' in phyint: '{}' holds", meaning));
        }
        return before ? std::optional(warning(word, compose("duplicate '{}'", word)))
                      : std::nullopt;
    }
    if (meaning == "mrdisc") {
        return std::exchange(phyint.mrdisc, true)
                   ? std::optional(warning(word, compose("duplicate '{}'", word)))
                   : std::nullopt;
    }
    if (meaning == "ttl-threshold") {
        return set_threshold(word, next, phyint);
    }
    return warning(word, compose("unknown keyword {} in phyint is left out{}", quoted(word),
                                 hint_for(word, kPhyintWords)));
}

std::optional<BadWord> Parser::phyint() {
    if (words_.size() < 2) {
        return BadWord{words_[0], "missing interface name after 'phyint'"};
    }
    const auto interface = parse_interface_word(words_[1]);
    if (!interface) {
        return BadWord{words_[1], interface.error().text};
    }
    doubt(*interface, words_[1]);
    PhyintSpec phyint{*interface, {}, {}, {}};
    if (auto bad = phyint_words(phyint)) {
        return bad;
    }
    sink_.on_phyint(std::move(phyint), origin());
    return std::nullopt;
}

std::optional<BadWord> Parser::phyint_words(PhyintSpec& phyint) {
    for (size_t i = 2; i < words_.size(); ++i) {
        const std::string_view word = words_[i];
        const std::string_view meaning = phyint_meaning(word);
        const bool has_number = meaning == "ttl-threshold";
        if (meaning != word) {
            warn(word, compose("{} is taken for '{}'", quoted(word), meaning));
        }
        if (has_number && phyint.ttl_threshold) {
            warn(word, compose("duplicate '{}': the last holds", word));
        }
        const std::string_view next = i + 1 < words_.size() ? words_[i + 1] : std::string_view();
        if (auto bad = apply_phyint_word(word, next, phyint)) {
            if (bad->severity == Severity::kError) {
                return bad;
            }
            report(*bad);
        }
        i += has_number ? 1 : 0;
    }
    return std::nullopt;
}

std::optional<BadWord> Parser::include() {
    if (words_.size() < 2) {
        return BadWord{words_[0], "missing file name or pattern after 'include'"};
    }
    if (words_.size() > 2) {
        warn(words_[2],
             compose("{} is left out (an include names one file or pattern)", quoted(words_[2])));
    }
    const Status status = sink_.on_include(words_[1], origin());
    return status ? std::nullopt : std::optional(BadWord{words_[1], status.error().text});
}

void Parser::report(const BadWord& bad) {
    // If a line is too long, keep enough to show where it became so.
    constexpr size_t kKept = kMaxLineLength + 80;
    diagnostics_.push_back({.severity = bad.severity,
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
        warn(word, warning.text);
    }
}

}  // namespace

Status StatementSink::on_include(std::string_view, const Origin&) { return {}; }

void parse(const ConfigText& config, StatementSink& sink, std::vector<Diagnostic>& diagnostics) {
    Parser(config, sink, diagnostics).run();
}

}  // namespace smcroute
