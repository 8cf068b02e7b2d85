// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/table_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace smcroute {

namespace {

using Place = TableText::Place;
using Layout = TableText::Layout;

constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kPlain = "\033[0m";
constexpr std::string_view kNothing = "-";  // a field that is empty
constexpr size_t kGap = 2;

// As wide as each of its fields.
constexpr size_t kRagged = SIZE_MAX;

bool is_number(ColumnType type) { return type == ColumnType::kNumber || type == ColumnType::kAge; }

void set_begins(Layout& layout) {
    for (size_t i = 1; i < layout.size(); ++i) {
        layout[i].begin = layout[i - 1].begin + layout[i - 1].width + kGap;
    }
}

Layout narrowest(const Schema& schema, bool heading) {
    Layout layout;
    for (size_t i = 0; i < schema.columns.size(); ++i) {
        const Column& column = schema.columns[i];
        if (!column.heading.empty()) {
            const size_t width = heading ? column.heading.size() : 0;
            layout.push_back({i, column.type, 0, std::max(width, kNothing.size())});
        }
    }
    if (!is_number(layout.back().type)) {
        layout.back().width = kRagged;
    }
    set_begins(layout);
    return layout;
}

// A view until the next call.
std::string_view shown(const Place& place, Fields row, ShownTexts& texts) {
    const std::string_view field = place.type == ColumnType::kOutbounds
                                       ? texts.outbounds(row, place.column)
                                       : row[place.column];
    return field.empty() ? kNothing : place.type == ColumnType::kAge ? texts.age(field) : field;
}

// Spaces, to write the fields over; the last of them is of this size.
char* append_line(std::string& text, const Layout& layout, size_t last_size) {
    const size_t begin = text.size();
    const Place& last = layout.back();
    text.resize(begin + last.begin + (last.width == kRagged ? last_size : last.width) + 1, ' ');
    text.back() = '\n';
    return text.data() + begin;
}

char* where(const Place& place, size_t size, char* line) {
    return line + place.begin + (is_number(place.type) ? place.width - size : 0);
}

// False if the field is too wide for its place.
bool write_field(const Place& place, std::string_view field, char* line) {
    if (field.size() > place.width) {
        return false;
    }
    char* const to = where(place, field.size(), line);
    memcpy(to, field.data(), field.size());
    if (place.type == ColumnType::kList) {
        std::replace(to, to + field.size(), ' ', ',');
    }
    return true;
}

// False, and nothing, if a field is too wide for its place.
bool append_row(std::string& text, const Layout& layout, Fields row, ShownTexts& texts) {
    const size_t begin = text.size();
    char* const line = append_line(text, layout, shown(layout.back(), row, texts).size());
    for (const Place& place : layout) {
        if (!write_field(place, shown(place, row, texts), line)) {
            text.resize(begin);
            return false;
        }
    }
    return true;
}

// A line of one layout in another, which is as wide or wider in each column.
void append_moved(std::string& text, const Layout& from, const Layout& to, std::string_view line) {
    const size_t last_size = line.size() - from.back().begin;
    char* const moved = append_line(text, to, last_size);
    for (size_t i = 0; i < from.size(); ++i) {
        const size_t size = from[i].width == kRagged ? last_size : from[i].width;
        memcpy(where(to[i], size, moved), line.data() + from[i].begin, size);
    }
}

LongText moved(const Layout& from, const Layout& to, std::string_view lines) {
    LongText text;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        append_moved(text.out(), from, to, line);
        lines.remove_prefix(line.size() + 1);
    }
    return text;
}

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
    : schema_(schema), style_(style), sections_{{narrowest(schema, style.heading), {}}} {}

void TableText::take(Fields row) {
    while (!append_row(sections_.back().lines.out(), sections_.back().layout, row, texts_)) {
        widen(row);
    }
}

void TableText::widen(Fields row) {
    Layout layout = sections_.back().layout;
    for (Place& place : layout) {
        place.width = std::max(place.width, shown(place, row, texts_).size());
    }
    set_begins(layout);
    sections_.push_back({std::move(layout), {}});
}

void TableText::give(const Take& take) const {
    // A row that begins a section is in it.
    if (sections_.back().lines.empty()) {
        if (style_.heading) {
            take(cat({schema_.empty, "\n"}));
        }
        return;
    }
    if (style_.heading) {
        take(heading_line());
    }
    for (const Section& section : sections_) {
        if (&section == &sections_.back()) {
            section.lines.give(take);
        } else {
            section.lines.give([&](std::string_view lines) {
                moved(section.layout, sections_.back().layout, lines).give(take);
            });
        }
    }
}

std::string TableText::heading_line() const {
    std::vector<std::string_view> headings;
    for (const Column& column : schema_.columns) {
        headings.push_back(column.heading);
    }
    std::string line;
    ShownTexts texts;
    append_row(line, sections_.back().layout, headings, texts);
    line.pop_back();
    return style_.bold ? cat({kBold, line, kPlain, "\n"}) : line + "\n";
}

}  // namespace smcroute
