// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/route_template.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "config/lexer.h"
#include "config/spec.h"

namespace smcroute {

namespace {

// The text between two pointers.
std::string_view between(const char* begin, const char* end) {
    return {begin, static_cast<size_t>(end - begin)};
}

const char* end_of(std::string_view text) { return text.data() + text.size(); }

// Takes the first word off `rest`. A separator or the end follows it; anything else fails the
// comparison with the remembered line.
std::string_view take_word(std::string_view& rest) {
    const char* const end = std::find_if(rest.data(), end_of(rest),
                                         [](char c) { return static_cast<uint8_t>(c) <= ' '; });
    const std::string_view word = between(rest.data(), end);
    rest.remove_prefix(word.size());
    return word;
}

// By bytes; the == of the library looks for an order, in three calls.
bool same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && memcmp(a.data(), b.data(), a.size()) == 0;
}

bool take(std::string_view& rest, std::string_view expected) {
    if (rest.size() < expected.size() || !same({rest.data(), expected.size()}, expected)) {
        return false;
    }
    rest.remove_prefix(expected.size());
    return true;
}

}  // namespace

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

const RouteSpec* RouteTemplate::match(std::string_view line) {
    if (!route_ || line.size() > kMaxLineLength || !take(line, head_)) {
        return nullptr;
    }
    const std::string_view first = take_word(line);
    if (has_source_ && !take(line, middle_)) {
        return nullptr;
    }
    const std::string_view last = has_source_ ? take_word(line) : first;
    if (!same(line, tail_)) {
        return nullptr;
    }
    const auto group = parse_group_word(source_first_ ? last : first);
    if (!group) {
        return nullptr;
    }
    const std::string_view source_word = has_source_ ? (source_first_ ? first : last) : "*";
    const auto source = parse_source_word(source_word, group->family());
    if (!source) {
        return nullptr;
    }
    route_->source = *source;
    route_->group = *group;
    return &*route_;
}

}  // namespace smcroute
