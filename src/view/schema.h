// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The tables that `--show` knows, and the events of `--monitor`: one Schema each. The daemon's
// rows, the text tables, the JSON objects and their description in the manual all follow from it. A
// row travels as one line, its fields in the order of the columns, separated by tabs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace smcroute {

enum class ColumnType : uint8_t {
    kText,     // a JSON string; null if empty
    kNumber,   // a JSON integer; null if empty
    kDecimal,  // a JSON number; null if empty
    kAge,      // seconds, a JSON integer; a table uses larger units
    kList,     // words separated by spaces; a JSON array of strings
    // Like kList, for interfaces; in a table they are marked if one of the next three columns,
    // which have no heading, names them: "(down)", "(gone)", "(no slot)".
    kOutbounds,
};

constexpr bool is_number(ColumnType type) {
    return type == ColumnType::kNumber || type == ColumnType::kDecimal || type == ColumnType::kAge;
}

struct Column {
    std::string_view key;      // in JSON
    std::string_view heading;  // in a table; empty: in JSON only
    ColumnType type = ColumnType::kText;
};

struct Schema {
    enum class Form : uint8_t {
        kTable,
        kSheet,   // one row, shown as "key: value" lines; one JSON object
        kLines,   // rows of one column, shown as they are
        kStream,  // rows come one by one, each shown as a line (view/event.h)
    };

    std::string_view what;
    std::span<const Column> columns;
    std::string_view empty;  // printed in place of a table without rows
    Form form = Form::kTable;
};

// The first one is the default.
std::span<const Schema> schemas();
const Schema* find_schema(std::string_view what);
// The schema of --monitor; not one of the tables.
const Schema& event_schema();

// The index of the column with that key, which must exist.
size_t column_of(const Schema& schema, std::string_view key);

// "45s", "12m", "3h12m" or "5d" for a number of seconds; other text is unchanged.
std::string age_text(std::string_view seconds);

// As many fields as the schema has columns, in that order.
using Row = std::vector<std::string>;

// The line in which a row travels; '?' replaces each byte that would break it or that no terminal
// should get.
std::string encode_row(const Row& row);
void add_row(std::string& out, const Row& row);

}  // namespace smcroute
