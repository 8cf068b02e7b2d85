// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rows on their way from the text in which they travel to a sink, one at a time: nothing here keeps
// a row.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "view/schema.h"

namespace smcroute {

// The fields of one row, in the order of the columns. They are borrowed.
using Fields = std::span<const std::string_view>;

// Takes rows. The fields are invalid when take() returns.
class RowSink {
public:
    virtual ~RowSink() = default;
    virtual void take(Fields row) = 0;
};

// Splits encoded rows.
class RowReader {
public:
    // Rows with as many fields as the schema has columns go to the sink, others are dropped.
    // Borrows the sink.
    RowReader(const Schema& schema, RowSink& sink);

    // The text may come in pieces of any size.
    void take(std::string_view piece);
    // No more text will come: a last row without its newline counts too.
    void finish();

private:
    void split(std::string_view rows);

    RowSink& sink_;
    std::vector<std::string_view> fields_;
    std::string begun_;  // the beginning of an incomplete row
};

// Views of a row's fields.
std::vector<std::string_view> fields_of(const Row& row);

}  // namespace smcroute
