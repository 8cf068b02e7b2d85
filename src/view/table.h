// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Table: the rows of one schema, kept as the text in which they came, with the place of each field
// beside it. Rows are taken while the rest is still on its way, and what a table needs to know of
// all of them before it shows the first, the widths, is known when the last has come.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "view/schema.h"

namespace smcroute {

class Table {
public:
    // Borrows the schema.
    explicit Table(const Schema& schema);

    // Takes encoded rows, in pieces of any size. A row whose number of fields is not that of the
    // schema is left out.
    void take(std::string_view piece);
    // The same of a row at hand, whatever bytes its fields have.
    void add(const Row& row);
    // No more will come: what lacks its newline is a row too.
    void finish();

    const Schema& schema() const { return *schema_; }
    size_t size() const { return rows_.size() - 1; }
    // A view until the next take().
    std::string_view field(size_t row, size_t column) const {
        const uint32_t* const ends = &ends_[row * widths_.size()];
        const uint32_t begin = column > 0 ? ends[column - 1] + 1 : 0;
        return std::string_view(text_).substr(rows_[row] + begin, ends[column] - begin);
    }
    // Of the longest field, as a table shows it.
    size_t width(size_t column) const { return widths_[column]; }

private:
    void end_field(size_t end) { ends_.push_back(static_cast<uint32_t>(end - rows_.back())); }
    void split_row(size_t end);
    void end_row(size_t end);

    const Schema* schema_;
    std::string text_;
    // Where each row begins; the last is the one that is not complete.
    std::vector<size_t> rows_ = {0};
    // Where each field ends, from the beginning of its row.
    std::vector<uint32_t> ends_;
    std::vector<size_t> widths_;
};

}  // namespace smcroute
