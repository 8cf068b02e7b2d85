// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/table.h"

#include <algorithm>

namespace smcroute {

Table::Table(const Schema& schema) : schema_(&schema), widths_(schema.columns.size()) {}

void Table::take(std::string_view piece) {
    size_t from = text_.size();
    text_ += piece;
    for (size_t end = text_.find('\n', from); end != text_.npos; end = text_.find('\n', from)) {
        split_row(end);
        from = end + 1;
    }
}

void Table::split_row(size_t end) {
    const std::string_view row = std::string_view(text_).substr(0, end);
    for (size_t tab = row.find('\t', rows_.back()); tab != row.npos;
         tab = row.find('\t', tab + 1)) {
        end_field(tab);
    }
    end_field(end);
    end_row(end);
}

void Table::add(const Row& row) {
    for (const std::string& field : row) {
        text_ += field;
        end_field(text_.size());
        text_ += '\t';
    }
    end_row(text_.size() - 1);
}

void Table::finish() {
    if (rows_.back() < text_.size()) {
        split_row(text_.size());
    }
}

void Table::end_row(size_t end) {
    const size_t before = size() * widths_.size();
    if (ends_.size() != before + widths_.size()) {
        ends_.resize(before);
        rows_.back() = end + 1;
        return;
    }
    const std::string_view row = std::string_view(text_).substr(rows_.back());
    size_t begin = 0;
    for (size_t i = 0; i < widths_.size(); ++i) {
        const size_t size = ends_[before + i] - begin;
        const bool is_age = schema_->columns[i].type == ColumnType::kAge;
        widths_[i] =
            std::max(widths_[i], is_age ? AgeText(row.substr(begin, size)).view().size() : size);
        begin += size + 1;
    }
    rows_.push_back(end + 1);
}

}  // namespace smcroute
