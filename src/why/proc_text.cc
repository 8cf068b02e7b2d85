// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "why/proc_text.h"

#include <algorithm>

#include "base/text.h"

namespace smcroute {

namespace {

std::string_view take_line(std::string_view& text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    return line;
}

std::string_view take_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(" \t"));
    line.remove_prefix(word.size());
    return word;
}

}  // namespace

// A line of names, and below it one of numbers.
uint64_t counter_in(std::string_view text, std::string_view protocol, std::string_view name) {
    while (!text.empty()) {
        std::string_view names = take_line(text);
        const std::string_view first = take_word(names);
        if (!first.ends_with(':') || first.substr(0, first.size() - 1) != protocol) {
            continue;
        }
        std::string_view numbers = take_line(text);
        take_word(numbers);
        while (!names.empty()) {
            const std::string_view number = take_word(numbers);
            if (take_word(names) == name) {
                return parse_number<uint64_t>(number).value_or(0);
            }
        }
    }
    return 0;
}

uint64_t counter6_in(std::string_view text, std::string_view name) {
    while (!text.empty()) {
        std::string_view line = take_line(text);
        if (take_word(line) == name) {
            return parse_number<uint64_t>(take_word(line)).value_or(0);
        }
    }
    return 0;
}

// Behind a heading: SLOT NAME …
std::vector<std::string> vif_names(std::string_view text) {
    std::vector<std::string> names;
    take_line(text);
    while (!text.empty()) {
        std::string_view line = take_line(text);
        const bool is_slot = parse_number<unsigned>(take_word(line)).has_value();
        if (const std::string_view name = take_word(line); is_slot && !name.empty()) {
            names.emplace_back(name);
        }
    }
    return names;
}

}  // namespace smcroute
