// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/render.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "view/json.h"
#include "view/table_text.h"

namespace smcroute {

namespace {

// "key: value" lines of one row.
class SheetText final : public Rendering {
public:
    explicit SheetText(const Schema& schema) : schema_(schema) {}

    void take(Fields row) override {
        size_t width = 0;
        for (const Column& column : schema_.columns) {
            width = std::max(width, column.heading.size());
        }
        for (size_t i = 0; i < row.size(); ++i) {
            const Column& column = schema_.columns[i];
            if (column.heading.empty()) {
                continue;
            }
            text_ += compose("{}:{}{}\n", column.heading,
                             std::string(width + 1 - column.heading.size(), ' '),
                             row[i].empty()                    ? "-"
                             : column.type == ColumnType::kAge ? age_text(row[i])
                                                               : std::string(row[i]));
        }
    }
    std::string text() override { return std::move(text_); }

private:
    const Schema& schema_;
    std::string text_;
};

// Rows of one column, printed as they are.
class PlainText final : public Rendering {
public:
    void take(Fields row) override {
        text_ += row[0];
        text_ += '\n';
    }
    std::string text() override { return std::move(text_); }

private:
    std::string text_;
};

}  // namespace

std::unique_ptr<Rendering> start_rendering(const Schema& schema, const RenderStyle& style) {
    if (style.json) {
        return std::make_unique<JsonText>(schema);
    }
    switch (schema.form) {
        case Schema::Form::kSheet:
            return std::make_unique<SheetText>(schema);
        case Schema::Form::kLines:
            return std::make_unique<PlainText>();
        default:
            return std::make_unique<TableText>(schema, style);
    }
}

}  // namespace smcroute
