// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/table_text.h"

#include <algorithm>

#include "base/text.h"

namespace smcroute {

namespace {

constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kPlain = "\033[0m";
constexpr std::string_view kNothing = "-";  // a field that is empty
constexpr size_t kGap = 2;

bool has_word(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const std::string_view first = words.substr(0, words.find(' '));
        if (first == word) {
            return true;
        }
        words.remove_prefix(std::min(words.size(), first.size() + 1));
    }
    return false;
}

void append_marked(std::string& text, std::string_view words, std::string_view mark,
                   std::string_view down) {
    while (!words.empty()) {
        const std::string_view word = words.substr(0, words.find(' '));
        words.remove_prefix(std::min(words.size(), word.size() + 1));
        text += text.empty() ? "" : ",";
        text += word;
        text += has_word(down, word) ? "(down)" : mark;
    }
}

// `made` keeps the text where the field is not shown as it is.
std::string_view shown_text(ColumnType type, Fields row, size_t column, std::string& made) {
    if (type == ColumnType::kOutbounds) {
        made = outbounds_text(row[column], row[column + 1], row[column + 2], row[column + 3]);
    } else if (type == ColumnType::kAge) {
        made = age_text(row[column]);
    } else if (type == ColumnType::kList) {
        made = row[column];
        std::replace(made.begin(), made.end(), ' ', ',');
    } else {
        return row[column].empty() ? kNothing : row[column];
    }
    return made.empty() ? kNothing : std::string_view(made);
}

}  // namespace

std::string outbounds_text(std::string_view held, std::string_view down, std::string_view gone,
                           std::string_view no_slot) {
    std::string text;
    append_marked(text, held, "", down);
    append_marked(text, gone, "(gone)", "");
    append_marked(text, no_slot, "(no slot)", "");
    return text;
}

TableText::TableText(const Schema& schema, const RenderStyle& style)
    : schema_(schema), style_(style) {
    for (size_t i = 0; i < schema.columns.size(); ++i) {
        const Column& column = schema.columns[i];
        if (!column.heading.empty()) {
            columns_.push_back({i, &column, style.heading ? column.heading.size() : 0});
        }
    }
}

void TableText::take(Fields row) {
    std::string made;
    for (Shown& shown : columns_) {
        const std::string_view field = shown_text(shown.what->type, row, shown.column, made);
        shown.width = std::max(shown.width, field.size());
        rows_ += field;
        rows_ += '\t';
    }
    rows_ += '\n';
}

// No spaces after the last column.
void TableText::append_field(const Shown& shown, std::string_view field, std::string& line) const {
    const size_t padding = shown.width - field.size();
    const bool is_last = &shown == &columns_.back();
    const bool to_the_right = is_number(shown.what->type);
    line.append(to_the_right ? padding : 0, ' ');
    line += field;
    line.append(is_last ? 0 : kGap + (to_the_right ? 0 : padding), ' ');
}

std::string TableText::text() {
    if (rows_.empty()) {
        return style_.heading ? cat({schema_.empty, "\n"}) : "";
    }
    std::string text = style_.heading ? heading_line() : "";
    std::string_view rest = rows_;
    while (!rest.empty()) {
        for (const Shown& shown : columns_) {
            const std::string_view field = rest.substr(0, rest.find('\t'));
            append_field(shown, field, text);
            rest.remove_prefix(field.size() + 1);
        }
        text += '\n';
        rest.remove_prefix(1);
    }
    return text;
}

std::string TableText::heading_line() const {
    std::string line;
    for (const Shown& shown : columns_) {
        append_field(shown, shown.what->heading, line);
    }
    return style_.bold ? cat({kBold, line, kPlain, "\n"}) : line + "\n";
}

}  // namespace smcroute
