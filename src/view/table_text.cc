// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/table_text.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/text.h"

namespace smcroute {

namespace {

constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kPlain = "\033[0m";
constexpr std::string_view kNothing = "-";  // a field that is empty
constexpr std::string_view kCut = "\u2026";
constexpr size_t kGap = 2;
constexpr size_t kIndent = 4;  // of the later lines of a row

// A column is not cut to less; most columns may be cut to the last of these.
struct Narrowest {
    std::string_view key;
    size_t width;
};
constexpr std::array kNarrowest = {Narrowest{"source", 15}, Narrowest{"group", 15},
                                   Narrowest{"iif", 15}, Narrowest{"state", 16}, Narrowest{"", 8}};

bool has_word(std::string_view words, std::string_view word) {
    bool found = false;
    for_each_word(words, [&](std::string_view each) { found = found || each == word; });
    return found;
}

void append_marked(std::string& text, std::string_view words, std::string_view mark,
                   std::string_view down) {
    for_each_word(words, [&](std::string_view word) {
        text += compose("{}{}{}", text.empty() ? "" : ",", word,
                        has_word(down, word) ? "(down)" : mark);
    });
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

// A field goes on below behind a space or a comma.
size_t longest_word(std::string_view field) {
    size_t longest = 0;
    for_each_word(field, [&](std::string_view words) {
        for_each_word(
            words,
            [&](std::string_view word) { longest = std::max(longest, columns_of(word) + 1); }, ',');
    });
    return std::min(longest, columns_of(field));
}

// Takes as much off the field as fits, but no space at its end.
std::string_view take_piece(std::string_view& field, size_t width) {
    std::string_view piece = fitting(field, width);
    if (piece.empty()) {
        return std::exchange(field, {});  // not even a character fits
    }
    if (piece.size() < field.size() && field[piece.size()] != ' ') {
        const size_t end = piece.find_last_of(" ,");
        piece = end == piece.npos ? piece : piece.substr(0, end + 1);
    }
    field.remove_prefix(piece.size());
    field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
    piece.remove_suffix(piece.ends_with(' ') ? 1 : 0);
    return piece;
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

std::string cut_text(std::string_view text, size_t columns) {
    if (columns_of(text) <= columns) {
        return std::string(text);
    }
    return columns == 0 ? "" : compose("{}{}", fitting(text, columns - 1), kCut);
}

TableText::TableText(const Schema& schema, const RenderStyle& style)
    : schema_(schema), style_(style), gap_(kGap) {
    for (size_t i = 0; i < schema.columns.size(); ++i) {
        const Column& column = schema.columns[i];
        if (!column.heading.empty()) {
            const size_t width = style.heading ? column.heading.size() : 0;
            columns_.push_back({i, &column, width, width});
        }
    }
    bands_ = {columns_.size()};
}

void TableText::take(Fields row) {
    std::string made;
    for (Shown& shown : columns_) {
        const std::string_view field = shown_text(shown.what->type, row, shown.column, made);
        shown.width = std::max(shown.width, columns_of(field));
        if (style_.width > 0) {
            shown.narrowest = std::max(shown.narrowest, longest_word(field));
        }
        rows_ += field;
        rows_ += '\t';
    }
    rows_ += '\n';
}

size_t TableText::total_width() const {
    size_t total = (columns_.size() - 1) * gap_;
    for (const Shown& shown : columns_) {
        total += shown.width;
    }
    return total;
}

void TableText::fit() {
    if (style_.width == 0 || total_width() <= style_.width) {
        return;
    }
    if (style_.cut) {
        gap_ = 1;
        for (Shown& shown : columns_) {
            const auto* const least =
                std::find_if(kNarrowest.begin(), kNarrowest.end() - 1,
                             [&](const Narrowest& each) { return each.key == shown.what->key; });
            shown.narrowest =
                is_number(shown.what->type) ? shown.width : std::min(shown.width, least->width);
        }
    }
    const std::vector<Shown> natural = columns_;
    make_narrower(style_.width);
    if (total_width() > style_.width) {
        gap_ = 1;
        make_narrower(style_.width);
    }
    if (total_width() > style_.width && !style_.cut) {
        gap_ = kGap;
        columns_ = natural;
        break_into_bands();
    }
}

// The widest first.
void TableText::make_narrower(size_t room) {
    for (size_t total = total_width(); total > room; --total) {
        Shown* widest = nullptr;
        for (Shown& shown : columns_) {
            if (shown.width > shown.narrowest &&
                (widest == nullptr || shown.width > widest->width)) {
                widest = &shown;
            }
        }
        if (widest == nullptr) {
            return;
        }
        --widest->width;
    }
}

void TableText::break_into_bands() {
    bands_.clear();
    size_t used = 0;
    for (size_t i = 0; i < columns_.size(); ++i) {
        const size_t indent = bands_.empty() ? 0 : kIndent;
        size_t& width = columns_[i].width;
        const size_t left = style_.width - std::min(style_.width, used);
        if (used > 0 && left < width && left < columns_[i].narrowest) {
            bands_.push_back(i);
            used = kIndent;
        }
        const size_t room = style_.width - std::min(style_.width - 1, std::max(used, indent));
        width = std::min(width, room);
        used = std::max(used, indent) + width + kGap;
    }
    bands_.push_back(columns_.size());
}

// No spaces at the end.
void TableText::append_line(std::span<std::string_view> fields, size_t first, size_t last,
                            std::string& text) const {
    const size_t begin = text.size();
    text.append(first == 0 ? 0 : kIndent, ' ');
    std::string cut;
    for (size_t i = first; i < last; ++i) {
        const Shown& shown = columns_[i];
        std::string_view piece = fields[i];
        size_t width = columns_of(piece);
        if (width <= shown.width || style_.cut) {
            fields[i] = {};
        } else {
            piece = take_piece(fields[i], shown.width);
        }
        if (width > shown.width) {
            cut = cut_text(piece, shown.width);
            piece = cut;
            width = columns_of(piece);
        }
        const bool to_the_right = is_number(shown.what->type);
        text.append(to_the_right ? shown.width - width : 0, ' ');
        text += piece;
        text.append((to_the_right ? 0 : shown.width - width) + gap_, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    if (style_.cut && style_.width > 0) {
        text.replace(begin, text.npos,
                     cut_text(std::string_view(text).substr(begin), style_.width));
    }
    text += '\n';
}

void TableText::append_row(Fields fields, std::string& text) const {
    std::vector<std::string_view> rest(fields.begin(), fields.end());
    size_t first = 0;
    for (const size_t end : bands_) {
        const auto is_left = [](std::string_view field) { return !field.empty(); };
        const auto begin = rest.begin() + static_cast<std::ptrdiff_t>(first);
        const auto stop = rest.begin() + static_cast<std::ptrdiff_t>(end);
        do {
            append_line(rest, first, end, text);
        } while (std::any_of(begin, stop, is_left));
        first = end;
    }
}

std::string TableText::text() {
    if (rows_.empty()) {
        return style_.heading ? compose("{}\n", schema_.empty) : "";
    }
    fit();
    std::string text = style_.heading ? heading_text() : "";
    std::vector<std::string_view> fields;
    for_each_word(
        rows_,
        [&](std::string_view row) {
            fields.clear();
            for_each_word(
                row, [&](std::string_view field) { fields.push_back(field); }, '\t');
            append_row(fields, text);
        },
        '\n');
    return text;
}

std::string TableText::heading_text() const {
    std::vector<std::string_view> headings;
    for (const Shown& shown : columns_) {
        headings.push_back(shown.what->heading);
    }
    std::string text;
    append_row(headings, text);
    if (style_.bold) {
        text.insert(0, kBold);
        text.insert(text.size() - 1, kPlain);
    }
    return text;
}

}  // namespace smcroute
