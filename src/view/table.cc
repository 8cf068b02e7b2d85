// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/table.h"

#include <algorithm>

namespace smcroute {

Table::Table(const Schema& schema) : schema_(&schema), widths_(schema.columns.size()) {}

void Table::take(std::string_view piece) {
    size_t at = text_.size();
    text_ += piece;
    for (const char c : piece) {
        if (c == '\t') {
            end_field(at);
        } else if (c == '\n') {
            end_row(at);
        }
        ++at;
    }
}

void Table::add(const Row& row) {
    for (size_t i = 0; i < row.size(); ++i) {
        text_ += row[i];
        if (i + 1 < row.size()) {
            end_field(text_.size());
        }
        text_ += '\t';
    }
    end_row(text_.size() - 1);
}

void Table::finish() {
    if (rows_.back() < text_.size()) {
        end_row(text_.size());
    }
}

void Table::end_row(size_t end) {
    end_field(end);
    const size_t before = size() * widths_.size();
    if (ends_.size() != before + widths_.size()) {
        ends_.resize(before);
        rows_.back() = end + 1;
        return;
    }
    rows_.push_back(end + 1);
    for (size_t i = 0; i < widths_.size(); ++i) {
        const std::string_view last = field(size() - 1, i);
        const bool is_age = schema_->columns[i].type == ColumnType::kAge;
        widths_[i] = std::max(widths_[i], is_age ? AgeText(last).view().size() : last.size());
    }
}

}  // namespace smcroute
