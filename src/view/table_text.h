// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rows to lines with aligned columns.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "view/rendering.h"
#include "view/schema.h"

namespace smcroute {

// The words of a column of outbounds and the three that follow it, with commas between them:
// "eth1,eth2(down),eth3(gone),eth4(no slot)".
std::string outbounds_text(std::string_view held, std::string_view down, std::string_view gone,
                           std::string_view no_slot);

// Columns aligned, numbers to the right, two spaces between; an empty field is "-", the words of a
// list have commas between them. Without rows the schema's words for it, unless the style has no
// heading: then nothing.
class TableText final : public Rendering {
public:
    // Borrows the schema.
    TableText(const Schema& schema, const RenderStyle& style);

    // No field has a newline in it.
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
    std::string rows_;  // as they are shown: a tab behind each field, a newline behind each row
};

}  // namespace smcroute
