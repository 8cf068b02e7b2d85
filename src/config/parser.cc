// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/parser.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "base/text.h"
#include "config/lexer.h"
#include "config/lint.h"
#include "config/spec.h"
#include "config/suggest.h"

namespace smcroute {

namespace {

using Words = std::span<const std::string_view>;

// In the order of Clause. An interface whose name is one of these can be written as a wildcard.
constexpr std::array<std::string_view, 5> kClauses = {"from", "source", "except", "group", "to"};
constexpr std::array<std::string_view, 4> kPhyintWords = {"enable", "disable", "mrdisc",
                                                          "ttl-threshold"};

constexpr size_t index_of(Clause clause) { return static_cast<size_t>(clause); }

std::string quoted(std::string_view word) { return cat({"'", printable(word, 60), "'"}); }

// The clause whose keyword begins with a byte; no two begin alike. Every word of every line is
// looked up, most are no keywords, and this tells without comparing strings.
constexpr uint8_t kNoClause = kClauses.size();
constexpr std::array<uint8_t, 256> kClauseByFirstByte = [] {
    std::array<uint8_t, 256> table{};
    table.fill(kNoClause);
    for (uint8_t i = 0; i < kClauses.size(); ++i) {
        table[static_cast<uint8_t>(kClauses[i].front())] = i;
    }
    return table;
}();

std::optional<Clause> clause_of(std::string_view word) {
    const uint8_t index = kClauseByFirstByte[static_cast<uint8_t>(word.front())];
    if (index == kNoClause || kClauses[index].size() != word.size() ||
        memcmp(kClauses[index].data(), word.data(), word.size()) != 0) {
        return std::nullopt;
    }
    return static_cast<Clause>(index);
}

// The clauses that a directive may have, one bit each.
using ClauseSet = uint8_t;

constexpr ClauseSet set_of(std::initializer_list<Clause> clauses) {
    unsigned set = 0;
    for (const Clause clause : clauses) {
        set |= 1U << index_of(clause);
    }
    return static_cast<ClauseSet>(set);
}

constexpr bool contains(ClauseSet set, Clause clause) { return (set >> index_of(clause) & 1) != 0; }

constexpr ClauseSet kJoinClauses = set_of({Clause::kFrom, Clause::kSource, Clause::kGroup});
constexpr ClauseSet kRouteClauses = kJoinClauses | set_of({Clause::kExcept, Clause::kTo});

std::vector<std::string_view> keywords_of(ClauseSet set) {
    std::vector<std::string_view> keywords;
    for (size_t i = 0; i < kClauses.size(); ++i) {
        if (contains(set, static_cast<Clause>(i))) {
            keywords.push_back(kClauses[i]);
        }
    }
    return keywords;
}

// The values of a line's clauses; what was not given is empty.
struct Clauses {
    std::array<std::string_view, 4> values;
    Words outbounds;

    std::string_view operator[](Clause clause) const { return values[index_of(clause)]; }
};

// An address where a clause's keyword should stand lacks just that keyword.
BadWord unknown_clause(std::string_view word, std::string_view directive, ClauseSet allowed) {
    if (const auto prefix = Prefix::parse(word)) {
        const std::string_view clause = prefix->address().is_multicast() ? "group" : "source";
        return {word, cat({"unexpected address ", quoted(word), " in ", directive,
                           " (did you mean '", clause, " ", word, "'?)"})};
    }
    return {word, cat({"unknown keyword ", quoted(word), " in ", directive,
                       hint_for(word, keywords_of(allowed))})};
}

BadWord missing_value(std::string_view keyword, Clause clause) {
    return {keyword, cat({"missing ", clause == Clause::kFrom ? "interface name" : "address",
                          " after '", keyword, "'"})};
}

// After `to` nothing but interface names may come; a clause there would be taken for two of them.
std::optional<BadWord> refuse_outbounds(Words outbounds) {
    for (const std::string_view word : outbounds) {
        if (const auto clause = clause_of(word)) {
            return BadWord{word, *clause == Clause::kTo
                                     ? "duplicate 'to'"
                                     : cat({"'", word, "' must stand before 'to'"})};
        }
    }
    return std::nullopt;
}

// The clauses of `words`, which begin with the directive's keyword; `allowed` are those it may
// have.
std::variant<Clauses, BadWord> read_clauses(Words words, ClauseSet allowed) {
    Clauses clauses;
    for (size_t i = 1; i < words.size(); i += 2) {
        const std::string_view keyword = words[i];
        const auto clause = clause_of(keyword);
        if (!clause) {
            return unknown_clause(keyword, words[0], allowed);
        }
        if (!contains(allowed, *clause)) {
            return BadWord{keyword, cat({"'", keyword, "' does not belong in ", words[0]})};
        }
        if (*clause == Clause::kTo) {
            clauses.outbounds = words.subspan(i + 1);
            if (auto bad = refuse_outbounds(clauses.outbounds)) {
                return *std::move(bad);
            }
            break;
        }
        std::string_view& value = clauses.values[index_of(*clause)];
        if (!value.empty()) {
            return BadWord{keyword, cat({"duplicate '", keyword, "'"})};
        }
        if (i + 1 == words.size() || clause_of(words[i + 1])) {
            return missing_value(keyword, *clause);
        }
        value = words[i + 1];
    }
    for (const Clause needed : {Clause::kFrom, Clause::kGroup}) {
        if (clauses[needed].empty()) {
            return BadWord{words[0],
                           cat({"missing '", kClauses[index_of(needed)], "' in ", words[0]})};
        }
    }
    return clauses;
}

// What lies between two pointers into one text.
std::string_view between(const char* begin, const char* end) {
    return {begin, static_cast<size_t>(end - begin)};
}

const char* end_of(std::string_view text) { return text.data() + text.size(); }

// Cuts the word at the front off; what follows it begins with a blank or is at the end, or it will
// not be like what followed the remembered word.
std::string_view take_word(std::string_view& rest) {
    const char* const end = std::find_if(rest.data(), end_of(rest),
                                         [](char c) { return static_cast<uint8_t>(c) <= ' '; });
    const std::string_view word = between(rest.data(), end);
    rest.remove_prefix(word.size());
    return word;
}

bool take(std::string_view& rest, std::string_view expected) {
    if (!rest.starts_with(expected)) {
        return false;
    }
    rest.remove_prefix(expected.size());
    return true;
}

// The short way for large files, whose mroute lines mostly differ from the one before in the source
// and the group alone. Such a line needs no more than three comparisons and two addresses. It
// changes no result: whatever is not exactly so, an error included, is left to the parser.
class RouteTemplate {
public:
    // Remembers a line and what it came to. `source` (empty if not given) and `group` are words of
    // it. The line is borrowed until the next call.
    void remember(std::string_view line, std::string_view source, std::string_view group,
                  const RouteSpec& route);

    // The route of a line that is valid and differs from the remembered one in no other word.
    std::optional<RouteSpec> match(std::string_view line) const;

private:
    // Of the remembered line: what stands before, between and after the words that may differ.
    std::string_view head_;
    std::string_view middle_;  // with both words only
    std::string_view tail_;
    bool has_source_ = false;
    bool source_first_ = false;
    std::optional<RouteSpec> route_;
};

void RouteTemplate::remember(std::string_view line, std::string_view source, std::string_view group,
                             const RouteSpec& route) {
    if (!route.except.empty()) {
        route_.reset();  // its excepts would have to be judged against another group
        return;
    }
    has_source_ = !source.empty();
    source_first_ = has_source_ && source.data() < group.data();
    const std::string_view first = source_first_ ? source : group;
    const std::string_view last = has_source_ && !source_first_ ? source : group;
    head_ = between(line.data(), first.data());
    middle_ = has_source_ ? between(end_of(first), last.data()) : std::string_view();
    tail_ = between(end_of(last), end_of(line));
    route_ = route;
}

std::optional<RouteSpec> RouteTemplate::match(std::string_view line) const {
    if (!route_ || line.size() > kMaxLineLength || !take(line, head_)) {
        return std::nullopt;
    }
    const std::string_view first = take_word(line);
    if (has_source_ && !take(line, middle_)) {
        return std::nullopt;
    }
    const std::string_view last = has_source_ ? take_word(line) : first;
    if (line != tail_) {
        return std::nullopt;
    }
    const auto group = parse_group_word(source_first_ ? last : first);
    if (!group) {
        return std::nullopt;
    }
    const std::string_view source_word = has_source_ ? (source_first_ ? first : last) : "*";
    const auto source = parse_source_word(source_word, group->family());
    if (!source) {
        return std::nullopt;
    }
    std::optional<RouteSpec> route = route_;
    route->source = *source;
    route->group = *group;
    return route;
}

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
