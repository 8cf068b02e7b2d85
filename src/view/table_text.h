// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rows as lines with aligned columns.
#pragma once

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

// Columns are aligned, numbers to the right, two spaces between; an empty field is "-", the words
// of a list are separated by commas. Without rows it is the schema's text for that, or nothing if
// the style has no heading.
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
    };

    void append_field(const Shown& shown, std::string_view field, std::string& line) const;
    std::string heading_line() const;

    const Schema& schema_;
    const RenderStyle style_;
    std::vector<Shown> columns_;
    std::string rows_;  // as shown: a tab after each field, a newline after each row
};

}  // namespace smcroute
