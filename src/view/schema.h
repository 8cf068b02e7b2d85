// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The tables that `--show` knows, and the events of `--monitor`: one Schema each, from which the
// daemon's rows, the text tables, the JSON objects and their description in the manual all follow.
// A row travels as one line, its fields in the order of the columns with tabs between them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace smcroute {

enum class ColumnType : uint8_t {
    kText,     // a JSON string; null where it is empty
    kNumber,   // a JSON integer; null where it is empty
    kDecimal,  // a JSON number; null where it is empty
    kAge,      // seconds, a JSON integer; in a table the larger units of them
    kList,     // words with spaces between them; a JSON array of strings
    // As kList, of interfaces; in a table with marks on those that the next three columns, which
    // have no heading, name: "(down)", "(gone)", "(no slot)".
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
        kStream,  // rows that come one by one, each shown as a line (view/event.h)
    };

    std::string_view what;
    std::span<const Column> columns;
    std::string_view empty;  // said in place of a table without rows
    Form form = Form::kTable;
};

// The first is the default.
std::span<const Schema> schemas();
const Schema* find_schema(std::string_view what);
// What --monitor tells; not one of the tables.
const Schema& event_schema();

// What the daemon answers to `--show rates`: counters, of which the client makes the rates. Column
// for column the schema "rates", so that what is no rate stays where it is.
const Schema& rate_counters();

// The place of the column with that key, which must exist.
size_t column_of(const Schema& schema, std::string_view key);

// "45s", "12m", "3h12m" or "5d" of a number of seconds; anything else as it is.
std::string age_text(std::string_view seconds);

// The text with '?' in place of each byte that would break a row, or that no terminal should be
// sent.
std::string without_control(std::string_view text);

// As many fields as the schema has columns, in their order.
using Row = std::vector<std::string>;

// The line in which a row travels.
std::string encode_row(const Row& row);

}  // namespace smcroute
