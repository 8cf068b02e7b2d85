// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/clauses.h"

#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "config/suggest.h"
#include "mcast/prefix.h"

namespace smcroute {

namespace {

// In the order of Clause. An interface whose name is one of these can be written as a wildcard.
constexpr std::array<std::string_view, 6> kClauses = {"from",  "source",  "except",
                                                      "group", "nolearn", "to"};

// The clause whose keyword begins with a byte; no two keywords begin alike. Every word of every
// line is looked up and most are no keywords; this rules them out without comparing strings.
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

constexpr bool contains(ClauseSet set, Clause clause) { return (set >> index_of(clause) & 1) != 0; }

std::vector<std::string_view> keywords_of(ClauseSet set) {
    std::vector<std::string_view> keywords;
    for (size_t i = 0; i < kClauses.size(); ++i) {
        if (contains(set, static_cast<Clause>(i))) {
            keywords.push_back(kClauses[i]);
        }
    }
    return keywords;
}

// An address where a clause's keyword should stand: just that keyword is missing.
BadWord unknown_clause(std::string_view word, std::string_view directive, ClauseSet allowed) {
    if (const auto prefix = Prefix::parse(word)) {
        const std::string_view clause = prefix->address().is_multicast() ? "group" : "source";
        return {word, compose("unexpected address {} in {} (did you mean '{} {}'?)", quoted(word),
                              directive, clause, word)};
    }
    return {word, compose("unknown keyword {} in {}{}", quoted(word), directive,
                          hint_for(word, keywords_of(allowed)))};
}

BadWord missing_value(std::string_view keyword, Clause clause) {
    const bool is_name = clause == Clause::kFrom || clause == Clause::kTo;
    return {keyword,
            compose("missing {} after '{}'", is_name ? "interface name" : "address", keyword)};
}

// Only interface names may follow `to`; a clause there would be read as two of them.
std::optional<BadWord> refuse_outbounds(Words outbounds) {
    for (const std::string_view word : outbounds) {
        if (const auto clause = clause_of(word)) {
            return BadWord{word, *clause == Clause::kTo
                                     ? "duplicate 'to'"
                                     : compose("'{}' must stand before 'to'", word)};
        }
    }
    return std::nullopt;
}

// Releases 2.1 to 2.6 read no further than a line makes sense. A word that is no address and like
// no keyword, behind a line to which nothing can be wanting, means nothing.
bool is_surplus(std::string_view word, const Clauses& clauses, ClauseSet allowed) {
    const bool is_whole = !contains(allowed, Clause::kTo) && !clauses[Clause::kFrom].empty() &&
                          !clauses[Clause::kGroup].empty();
    return is_whole && !Prefix::parse(word) && nearest_of(word, keywords_of(allowed)).empty();
}

std::optional<BadWord> refuse_incomplete(const Clauses& clauses, std::string_view directive) {
    for (const Clause needed : {Clause::kFrom, Clause::kGroup}) {
        if (clauses[needed].empty()) {
            return BadWord{directive,
                           compose("missing '{}' in {}", kClauses[index_of(needed)], directive)};
        }
    }
    return std::nullopt;
}

}  // namespace

Result<Clauses, BadWord> read_clauses(Words words, ClauseSet allowed) {
    Clauses clauses;
    for (size_t i = 1; i < words.size(); i += 2) {
        const std::string_view keyword = words[i];
        const auto clause = clause_of(keyword);
        if (!clause && is_surplus(keyword, clauses, allowed)) {
            clauses.surplus = words.subspan(i);
            break;
        }
        if (!clause) {
            return unknown_clause(keyword, words[0], allowed);
        }
        if (!contains(allowed, *clause) && *clause == Clause::kTo) {
            clauses.surplus = words.subspan(i);
            break;
        }
        if (!contains(allowed, *clause)) {
            return BadWord{keyword, compose("'{}' does not belong in {}", keyword, words[0])};
        }
        if (*clause == Clause::kTo) {
            clauses.outbounds = words.subspan(i + 1);
            if (clauses.outbounds.empty()) {
                return missing_value(keyword, *clause);
            }
            if (auto bad = refuse_outbounds(clauses.outbounds)) {
                return *std::move(bad);
            }
            break;
        }
        std::string_view& value = clauses.values[index_of(*clause)];
        if (!value.empty()) {
            return BadWord{keyword, compose("duplicate '{}'", keyword)};
        }
        if (*clause == Clause::kNolearn) {
            value = keyword;
            --i;
            continue;
        }
        if (i + 1 == words.size() || clause_of(words[i + 1])) {
            return missing_value(keyword, *clause);
        }
        value = words[i + 1];
    }
    if (auto bad = refuse_incomplete(clauses, words[0])) {
        return *std::move(bad);
    }
    return clauses;
}

}  // namespace smcroute
