// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/render.h"

#include <algorithm>
#include <cstdio>
#include <utility>
#include <vector>

#include "base/text.h"

namespace smcroute {

namespace {

constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kPlain = "\033[0m";

std::string_view shown(std::string_view field) {
    return field.empty() ? std::string_view("-") : field;
}

using Place = TableText::Place;

bool is_number(ColumnType type) { return type == ColumnType::kNumber || type == ColumnType::kAge; }

// The last column is padded on the left only.
std::vector<Place> lay_out(const Table& table, bool heading) {
    const std::span<const Column> columns = table.schema().columns;
    std::vector<Place> places;
    size_t begin = 0;
    for (size_t i = 0; i < columns.size(); ++i) {
        if (!columns[i].heading.empty()) {
            const size_t width = std::max(
                {table.width(i), heading ? columns[i].heading.size() : 0, shown("").size()});
            places.push_back({i, columns[i].type, begin, width});
            begin += width + 2;
        }
    }
    if (!is_number(places.back().type)) {
        places.back().width = 0;
    }
    return places;
}

// A list is one word in a table: held together by commas.
void join_words(std::span<char> list) { std::replace(list.begin(), list.end(), ' ', ','); }

void write_field(const Place& place, std::string_view field, char* line) {
    char* const to = line + place.begin + (is_number(place.type) ? place.width - field.size() : 0);
    field.copy(to, field.size());
    if (place.type == ColumnType::kList) {
        join_words({to, field.size()});
    }
}

// The fields in their columns.
template <typename Field>
void append_line(std::string& text, std::span<const Place> places, Field field) {
    const size_t begin = text.size();
    const Place& last = places.back();
    text.resize(begin + last.begin + std::max(last.width, field(last.column).size()) + 1, ' ');
    text.back() = '\n';
    for (const Place& place : places) {
        if (place.type == ColumnType::kAge) {
            write_field(place, AgeText(field(place.column)).view(), text.data() + begin);
        } else {
            write_field(place, field(place.column), text.data() + begin);
        }
    }
}

std::string render_sheet(const Table& table) {
    size_t width = 0;
    const std::span<const Column> columns = table.schema().columns;
    for (const Column& column : columns) {
        width = std::max(width, column.heading.size());
    }
    std::string text;
    for (size_t i = 0; i < columns.size(); ++i) {
        const std::string_view heading = columns[i].heading;
        text += cat({heading, ":", std::string(width + 1 - heading.size(), ' '),
                     shown(table.field(0, i)), "\n"});
    }
    return text;
}

// Names of files and interfaces may be any bytes, JSON is UTF-8: what is not becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const size_t size = utf8_size(text);
        const char c = text[0];
        if (size == 0) {
            out += "\\ufffd";
        } else if (c >= 0 && c < ' ') {
            char escape[8];
            snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
            out += escape;
        } else {
            out += c == '"' || c == '\\' ? "\\" : "";
            out += text.substr(0, size);
        }
        text.remove_prefix(std::max<size_t>(size, 1));
    }
    out += '"';
}

void append_json_list(std::string& out, std::string_view words) {
    out += '[';
    while (!words.empty()) {
        const std::string_view word = words.substr(0, words.find(' '));
        append_json_string(out, word);
        words.remove_prefix(std::min(words.size(), word.size() + 1));
        out += words.empty() ? "" : ", ";
    }
    out += ']';
}

void append_json_value(std::string& out, ColumnType type, std::string_view field) {
    if (type == ColumnType::kList) {
        append_json_list(out, field);
    } else if (field.empty()) {
        out += "null";
    } else if (is_number(type)) {
        out += field;
    } else {
        append_json_string(out, field);
    }
}

void append_json_object(std::string& out, const Table& table, size_t row) {
    const std::span<const Column> columns = table.schema().columns;
    for (size_t i = 0; i < columns.size(); ++i) {
        out += i == 0 ? "{\"" : ", \"";
        out += columns[i].key;
        out += "\": ";
        append_json_value(out, columns[i].type, table.field(row, i));
    }
    out += '}';
}

// A long text in pieces of a size, the last when it goes out of scope.
class Pieces {
public:
    explicit Pieces(const Take& take) : take_(take) {}
    Pieces(const Pieces&) = delete;
    Pieces& operator=(const Pieces&) = delete;
    ~Pieces() { flush(); }

    // To append to.
    std::string& out() {
        if (text_.size() >= kSize) {
            flush();
        }
        return text_;
    }

private:
    static constexpr size_t kSize = 32 * 1024;

    void flush() {
        if (!text_.empty()) {
            take_(text_);
            text_.clear();
        }
    }

    const Take& take_;
    std::string text_;
};

std::string heading_line(const Table& table, std::span<const Place> places, bool bold) {
    std::string line;
    append_line(line, places, [&table](size_t i) { return table.schema().columns[i].heading; });
    line.pop_back();
    return bold ? cat({kBold, line, kPlain, "\n"}) : line + "\n";
}

void append_rows(const Table& table, std::span<const Place> places, size_t begin, size_t end,
                 const Take& take) {
    Pieces text(take);
    for (size_t row = begin; row < end; ++row) {
        append_line(text.out(), places, [&](size_t i) { return shown(table.field(row, i)); });
    }
}

}  // namespace

void TableText::catch_up() {
    if (table_.schema().form == Schema::Form::kTable) {
        adopt_widths();
        append_rows(table_, places_, end_, table_.size(),
                    [this](std::string_view piece) { pieces_.emplace_back(piece); });
        end_ = table_.size();
    }
}

void TableText::adopt_widths() {
    std::vector<Place> places = lay_out(table_, style_.heading);
    if (places != places_) {
        places_ = std::move(places);
        pieces_.clear();
        begin_ = end_;
    }
}

void TableText::give(const Take& take) {
    const Schema& schema = table_.schema();
    if (schema.form == Schema::Form::kSheet && table_.size() > 0) {
        take(render_sheet(table_));
    } else if (schema.form == Schema::Form::kLines) {
        Pieces text(take);
        for (size_t row = 0; row < table_.size(); ++row) {
            text.out() += table_.field(row, 0);
            text.out() += '\n';
        }
    } else if (table_.size() > 0) {
        give_table(take);
    } else if (style_.heading) {
        take(cat({schema.empty, "\n"}));
    }
}

void TableText::give_table(const Take& take) {
    adopt_widths();
    if (style_.heading) {
        take(heading_line(table_, places_, style_.bold));
    }
    append_rows(table_, places_, 0, begin_, take);
    for (const std::string& piece : pieces_) {
        take(piece);
    }
    append_rows(table_, places_, end_, table_.size(), take);
}

void render_table(const Table& table, const TableStyle& style, const Take& take) {
    TableText(table, style).give(take);
}

void render_json(const Table& table, const Take& take) {
    Pieces text(take);
    if (table.schema().form == Schema::Form::kSheet) {
        text.out() += table.size() == 0 ? "{}\n" : json_line(table, 0);
        return;
    }
    text.out() += '[';
    for (size_t row = 0; row < table.size(); ++row) {
        text.out() += row == 0 ? "\n" : ",\n";
        append_json_object(text.out(), table, row);
    }
    text.out() += table.size() == 0 ? "]\n" : "\n]\n";
}

std::string json_line(const Table& table, size_t row) {
    std::string text;
    append_json_object(text, table, row);
    return text + '\n';
}

std::string render_json_error(std::string_view text, int status) {
    std::string out = "{\"error\": ";
    append_json_string(out, text);
    return out + cat({", \"status\": ", std::to_string(status), "}\n"});
}

}  // namespace smcroute
