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

// The words of a column of outbounds and the three that follow it, with commas between them:
// "eth1,eth2(down),eth3(gone),eth4(no slot)".
std::string outbounds_text(std::string_view held, std::string_view down, std::string_view gone,
                           std::string_view no_slot);

// Fields as they are shown, where that is not as they come. Views until the next call.
class ShownTexts {
public:
    std::string_view age(std::string_view seconds) { return ages_(seconds); }
    std::string_view outbounds(Fields row, size_t column) {
        outbounds_ = outbounds_text(row[column], row[column + 1], row[column + 2], row[column + 3]);
        return outbounds_;
    }

private:
    AgeTexts ages_;
    std::string outbounds_;
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
    ShownTexts texts_;
    std::vector<Section> sections_;  // the last is that of the next row
};

}  // namespace smcroute
