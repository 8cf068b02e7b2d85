// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Table: the stored rows of one schema, for code that needs them more than once or in another
// order.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "view/rows.h"
#include "view/schema.h"

namespace smcroute {

class Table final : public RowSink {
public:
    // Borrows the schema.
    explicit Table(const Schema& schema) : schema_(&schema) {}

    void take(Fields row) override;

    const Schema& schema() const { return *schema_; }
    size_t size() const { return ends_.size() / schema_->columns.size(); }
    // The view is valid until the next take().
    std::string_view field(size_t row, size_t column) const {
        const size_t i = row * schema_->columns.size() + column;
        const size_t begin = i == 0 ? 0 : ends_[i - 1];
        return std::string_view(text_).substr(begin, ends_[i] - begin);
    }

private:
    const Schema* schema_;
    std::string text_;          // all fields, one after another
    std::vector<size_t> ends_;  // the end of each field
};

}  // namespace smcroute
