// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rows as lines with aligned columns.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "view/rendering.h"
#include "view/schema.h"

namespace smcroute {

// The words of an outbounds column and the three that follow it, separated by commas:
// "eth1,eth2(down),eth3(gone),eth4(no slot)".
std::string outbounds_text(std::string_view held, std::string_view down, std::string_view gone,
                           std::string_view no_slot);

// Text of at most so many columns; if it was cut, its last one is "…".
std::string cut_text(std::string_view text, size_t columns);

// Columns are aligned, numbers to the right, two spaces between; an empty field is "-", the words
// of a list are separated by commas. Without rows it is the schema's text for that, or nothing if
// the style has no heading.
//
// Where the rows are too wide for the style's width, fields of several words become narrower and go
// on below, then the gaps; if that is not enough, the last columns stand on lines of their own.
class TableText final : public Rendering {
public:
    // Borrows the schema.
    TableText(const Schema& schema, const RenderStyle& style);

    // Fields must not contain a newline.
    void take(Fields row) override;
    std::string text() override;

private:
    // A column that has a heading.
    struct Shown {
        size_t column;
        const Column* what;
        size_t width;
        size_t narrowest;  // as wide as its longest word
    };

    void fit();
    void make_narrower(size_t room);
    void break_into_bands();
    size_t total_width() const;
    void append_row(Fields fields, std::string& text) const;
    // Appends a line of the columns from `first` to `last`, and takes off what it has shown.
    void append_line(std::span<std::string_view> fields, size_t first, size_t last,
                     std::string& text) const;
    std::string heading_text() const;

    const Schema& schema_;
    const RenderStyle style_;
    std::vector<Shown> columns_;
    std::string rows_;           // as shown: a tab after each field, a newline after each row
    std::vector<size_t> bands_;  // the ends of the parts of a row that have lines of their own
    size_t gap_;
};

}  // namespace smcroute
