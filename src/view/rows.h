// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rows on their way from the text in which they travel to whoever makes something of them, one at
// a time: nothing here keeps a row.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "view/schema.h"

namespace smcroute {

// Of one row, in the order of the columns. What they point to belongs to somebody else.
using Fields = std::span<const std::string_view>;

// Whoever takes rows. The fields are gone when take() returns.
class RowSink {
public:
    virtual ~RowSink() = default;
    virtual void take(Fields row) = 0;
};

// Cuts encoded rows apart.
class RowReader {
public:
    // Rows with as many fields as the schema has columns go to the sink, others nowhere. Borrows
    // the sink.
    RowReader(const Schema& schema, RowSink& sink);

    // The text may come in pieces of any size.
    void take(std::string_view piece);
    // No more will come: what lacks its newline is a row too.
    void finish();

private:
    void split(std::string_view rows);

    RowSink& sink_;
    std::vector<std::string_view> fields_;
    std::string begun_;  // of a row whose end has not come
};

// The fields of a row at hand.
std::vector<std::string_view> fields_of(const Row& row);

}  // namespace smcroute
