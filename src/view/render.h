// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rows to what a person or a program reads. Pure: rows in, text out.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "view/schema.h"

namespace smcroute {

struct TableStyle {
    bool heading = true;
    bool bold = false;  // the heading, by the terminal's own codes
};

// Columns aligned, numbers to the right, two spaces between; an empty field is "-", the words of a
// list have commas between them. Without rows the schema's words for it, unless the style has no
// heading: then nothing.
std::string render_table(const Schema& schema, std::span<const Row> rows, const TableStyle& style);

// An array of objects, one line each; of a sheet one object.
std::string render_json(const Schema& schema, std::span<const Row> rows);

// Each object on a line of its own, complete in itself, for rows that come one by one.
std::string render_json_lines(const Schema& schema, std::span<const Row> rows);

// {"error": "…", "status": 69} and a newline.
std::string render_json_error(std::string_view text, int status);

}  // namespace smcroute
