// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rows at hand, and what becomes of them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "view/render.h"
#include "view/rows.h"
#include "view/table.h"

namespace smcroute {

inline Table table_of(const Schema& schema, std::span<const Row> rows) {
    Table table(schema);
    for (const Row& row : rows) {
        table.take(fields_of(row));
    }
    return table;
}

// Keeps what it takes.
class RowKeeper final : public RowSink {
public:
    void take(Fields row) override { rows_.emplace_back(row.begin(), row.end()); }
    const std::vector<Row>& rows() const { return rows_; }

private:
    std::vector<Row> rows_;
};

// Of the text in which they travel.
inline std::vector<Row> rows_of(const Schema& schema, std::string_view lines) {
    RowKeeper keeper;
    RowReader reader(schema, keeper);
    reader.take(lines);
    reader.finish();
    return keeper.rows();
}

inline std::string rendered(const Schema& schema, std::span<const Row> rows,
                            const RenderStyle& style = {}) {
    const auto rendering = start_rendering(schema, style);
    for (const Row& row : rows) {
        rendering->take(fields_of(row));
    }
    return rendering->text();
}

inline std::string rendered_json(const Schema& schema, std::span<const Row> rows) {
    return rendered(schema, rows, {.json = true});
}

}  // namespace smcroute
