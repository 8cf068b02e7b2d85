// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/if_doubt.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "config/suggest.h"

namespace smcroute {

namespace {

constexpr std::array<std::string_view, 13> kKeywords = {
    "from",     "source", "except",  "group",  "to",      "mroute", "mgroup",
    "ssmgroup", "phyint", "include", "enable", "disable", "mrdisc"};

constexpr std::array<std::string_view, 9> kQuotes = {
    "\"",           "'",       "`", "\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x9e", "\xe2\x80\x98",
    "\xe2\x80\x99", "\xc2\xab"};

std::string without_quotes(std::string_view word) {
    std::string text(word);
    for (const std::string_view quote : kQuotes) {
        for (size_t at = text.find(quote); at != text.npos; at = text.find(quote)) {
            text.erase(at, quote.size());
        }
    }
    return text;
}

// The names in a word that holds more than a name: quotes, the part that ip-link(8) prints after an
// '@', the beginning of a comment, separators, a shell's wildcard.
std::string names_in(std::string_view word) {
    std::string text = without_quotes(word);
    text.resize(std::min(text.find_first_of("@#"), text.size()));
    std::replace(text.begin(), text.end(), ',', ' ');
    std::replace(text.begin(), text.end(), ';', ' ');
    text.resize(text.find_last_not_of(' ') + 1);
    text.erase(0, text.find_first_not_of(' '));
    if (text.ends_with('*')) {
        text.back() = '+';
    }
    return text;
}

std::string did_you_mean(std::string_view name) { return compose("did you mean {}?", name); }

std::string typo_in_text(std::string_view word) {
    if (std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end()) {
        return compose("'{}' is a keyword", word);
    }
    const std::string names = names_in(word);
    const size_t odd = names.find_first_of("!$*?[]{}");
    if (odd != names.npos) {
        return compose("'{}' has no meaning here", std::string_view(names).substr(odd, 1));
    }
    if (names == word || names.empty()) {
        return {};
    }
    return names.find(' ') == names.npos
               ? did_you_mean(names)
               : compose("names are separated by spaces: {}", did_you_mean(names));
}

std::string digits_of(std::string_view name) {
    std::string digits;
    for (const char c : name) {
        if (c >= '0' && c <= '9') {
            digits += c;
        }
    }
    return digits;
}

// Another number means another interface and is no slip, and few people miss the first letter.
bool may_be_meant(std::string_view word, std::string_view name) {
    const std::string digits = digits_of(word);
    return (digits.empty() || digits == digits_of(name)) && lower(word[0]) == lower(name[0]);
}

std::string_view nearest(std::string_view word, const Interfaces& present) {
    std::vector<std::string_view> names;
    for (const auto& [ifindex, interface] : present.all()) {
        if (may_be_meant(word, interface.name.view())) {
            names.push_back(interface.name.view());
        }
    }
    return nearest_of(word, names);
}

bool equal_but_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char c, char d) { return lower(c) == lower(d); });
}

}  // namespace

std::string typo_in(const IfPattern& word, const Interfaces* present) {
    const auto name = word.name();
    if (name && present != nullptr && present->find(*name) != nullptr) {
        return {};
    }
    std::string typo = typo_in_text(to_string(word));
    if (typo.empty() && name && present != nullptr) {
        const std::string_view near = nearest(name->view(), *present);
        typo = equal_but_case(near, name->view()) ? did_you_mean(near) : "";
    }
    return typo;
}

std::string missing_text(const IfName& name, const Interfaces& present) {
    std::string hint = typo_in(IfPattern(name), &present);
    if (const std::string_view near = nearest(name.view(), present);
        hint.empty() && !near.empty()) {
        hint = did_you_mean(near);
    }
    return compose("interface {} does not exist{}{}{}", name.view(), hint.empty() ? "" : " (", hint,
                   hint.empty() ? "" : ")");
}

}  // namespace smcroute
