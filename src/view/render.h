// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rows to what a person or a program reads. Pure: rows in, text out; a long text in pieces.
#pragma once

#include <functional>
#include <string>
#include <string_view>

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
void render_table(const Table& table, const TableStyle& style, const Take& take);

// An array of objects, one line each; of a sheet one object. Valid whatever bytes the fields have:
// those that are not UTF-8 become U+FFFD.
void render_json(const Table& table, const Take& take);

// The object of one row, on a line of its own.
std::string json_line(const Table& table, size_t row);

// {"error": "…", "status": 69} and a newline.
std::string render_json_error(std::string_view text, int status);

}  // namespace smcroute
