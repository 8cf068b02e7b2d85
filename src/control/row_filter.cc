// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/row_filter.h"

#include <algorithm>

#include "base/text.h"
#include "config/spec.h"

namespace smcroute {

namespace {

// What begins a state, a reason or a flag, for an interface may be called anything else.
bool has_word(const RowWord& word, std::string_view field) {
    if (field.starts_with(word.text)) {
        const char next = field.size() > word.text.size() ? field[word.text.size()] : ' ';
        if (next == ' ' || next == ':' || next == ',') {
            return true;
        }
    }
    bool found = false;
    for_each_word(field, [&](std::string_view each) {
        each.remove_suffix(each.ends_with(')') ? 1 : 0);
        const bool may_be_range = !found && word.prefix && each.find_first_of(".:") != each.npos;
        const auto prefix = may_be_range ? Prefix::parse(each) : std::nullopt;
        const auto name = word.interface ? IfName::parse(each) : std::nullopt;
        const auto pattern =
            word.interface && each.ends_with('+') ? IfPattern::parse(each) : std::nullopt;
        found = found || each == word.text || (prefix && prefix->overlaps(*word.prefix)) ||
                (name && word.interface->matches(*name)) ||
                (pattern && pattern->overlaps(*word.interface));
    });
    // A line for any source is one for this source.
    return found || (field == "*" && word.prefix && !word.prefix->address().is_multicast());
}

}  // namespace

Result<RowWord> parse_row_word(std::string_view word) {
    RowWord made{.text = std::string(word), .prefix = Prefix::parse(word)};
    if (made.prefix) {
        return made;
    }
    if (const auto interface = parse_interface_word(word)) {
        made.interface = *interface;
        return made;
    }
    constexpr std::string_view kOfStates = "abcdefghijklmnopqrstuvwxyz ,:()?";
    if (word.empty() || word.find_first_not_of(kOfStates) != word.npos) {
        return Error{compose("'{}' is no address, interface or state", printable(word)),
                     ExitStatus::kUsage};
    }
    return made;
}

void RowFilter::take(Fields row) {
    const bool all = std::all_of(words_.begin(), words_.end(), [&row](const RowWord& word) {
        return std::any_of(row.begin(), row.end(),
                           [&word](std::string_view field) { return has_word(word, field); });
    });
    if (all) {
        sink_.take(row);
    }
}

}  // namespace smcroute
