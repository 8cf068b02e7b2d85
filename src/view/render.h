// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rows to what a person or a program reads. Pure: rows in, text out; a long text in pieces.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "view/table.h"

namespace smcroute {

using Take = std::function<void(std::string_view piece)>;

struct TableStyle {
    bool heading = true;
    bool bold = false;  // the heading, by the terminal's own codes
};

// Columns aligned, numbers to the right, two spaces between; an empty field is "-", the words of a
// list have commas between them. Without rows the schema's words for it, unless the style has no
// heading: then nothing.
class TableText {
public:
    // A column that is shown, and where in the line.
    struct Place {
        size_t column;
        ColumnType type;
        size_t begin;
        size_t width;  // 0: as wide as each field is

        friend bool operator==(const Place&, const Place&) = default;
    };

    // Borrows the table, which may still grow.
    TableText(const Table& table, const TableStyle& style) : table_(table), style_(style) {}

    // Lays out the rows that have come. If a wider field comes later, these are laid out again, but
    // mostly the widths are known early.
    void catch_up();
    // The whole text, once no more rows will come.
    void give(const Take& take);

private:
    void adopt_widths();
    void give_table(const Take& take);

    const Table& table_;
    const TableStyle style_;
    std::vector<Place> places_;
    // What was laid out in these places: rows from one to before the other.
    std::vector<std::string> pieces_;
    size_t begin_ = 0;
    size_t end_ = 0;
};

// The text of a table that has all its rows.
void render_table(const Table& table, const TableStyle& style, const Take& take);

// An array of objects, one line each; of a sheet one object. Valid whatever bytes the fields have:
// those that are not UTF-8 become U+FFFD.
void render_json(const Table& table, const Take& take);

// The object of one row, on a line of its own.
std::string json_line(const Table& table, size_t row);

// {"error": "…", "status": 69} and a newline.
std::string render_json_error(std::string_view text, int status);

}  // namespace smcroute
