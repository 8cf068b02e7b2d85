// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rows to lines with aligned columns, as they come. A field that is wider than those before moves
// what is behind it; the lines that are there already are moved when the text is given.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "view/rendering.h"
#include "view/schema.h"

namespace smcroute {

// Texts of ages, of which one row after another has the same.
class AgeTexts {
public:
    // A view until the next call.
    std::string_view operator()(std::string_view seconds) {
        if (seconds != seconds_) {
            seconds_ = seconds;
            text_ = age_text(seconds);
        }
        return text_;
    }

private:
    std::string seconds_;
    std::string text_;
};

// Columns aligned, numbers to the right, two spaces between; an empty field is "-", the words of a
// list have commas between them. Without rows the schema's words for it, unless the style has no
// heading: then nothing.
class TableText final : public Rendering {
public:
    // Borrows the schema.
    TableText(const Schema& schema, const RenderStyle& style);

    // No field has a newline in it.
    void take(Fields row) override;
    void give(const Take& take) const override;

    // A column that is shown, and where in the line. The last has the rest of it, unless it has
    // numbers.
    struct Place {
        size_t column;
        ColumnType type;
        size_t begin;
        size_t width;
    };
    using Layout = std::vector<Place>;

private:
    // Lines of one layout.
    struct Section {
        Layout layout;
        LongText lines;
    };

    std::string heading_line() const;
    void widen(Fields row);

    const Schema& schema_;
    const RenderStyle style_;
    AgeTexts ages_;
    std::vector<Section> sections_;  // the last is that of the next row
};

}  // namespace smcroute
