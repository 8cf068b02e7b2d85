// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Tables made of rows at hand, and looked at as a whole.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "view/render.h"
#include "view/table.h"

namespace smcroute {

inline Table table_of(const Schema& schema, std::span<const Row> rows) {
    Table table(schema);
    for (const Row& row : rows) {
        table.add(row);
    }
    return table;
}

// As they travel.
inline Table table_from(const Schema& schema, std::string_view lines) {
    Table table(schema);
    table.take(lines);
    table.finish();
    return table;
}

inline std::vector<Row> rows_of(const Schema& schema, std::string_view lines) {
    const Table table = table_from(schema, lines);
    std::vector<Row> rows(table.size());
    for (size_t row = 0; row < table.size(); ++row) {
        for (size_t column = 0; column < schema.columns.size(); ++column) {
            rows[row].emplace_back(table.field(row, column));
        }
    }
    return rows;
}

inline std::string rendered(const Table& table, const TableStyle& style = {}) {
    std::string text;
    render_table(table, style, [&text](std::string_view piece) { text += piece; });
    return text;
}

inline std::string rendered_json(const Table& table) {
    std::string text;
    render_json(table, [&text](std::string_view piece) { text += piece; });
    return text;
}

}  // namespace smcroute
