// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rows as JSON, as they come. Valid whatever bytes the fields have: bytes that are not UTF-8 become
// U+FFFD.
#pragma once

#include <string>
#include <string_view>

#include "view/rendering.h"
#include "view/schema.h"

namespace smcroute {

// Appends it as a JSON string. Names of files and interfaces may be any bytes, JSON is UTF-8.
void append_json_string(std::string& out, std::string_view text);

// An array of objects, one line each; a sheet is one object.
class JsonText final : public Rendering {
public:
    // Borrows the schema.
    explicit JsonText(const Schema& schema) : schema_(schema) {}

    void take(Fields row) override;
    std::string text() override;

private:
    const Schema& schema_;
    std::string text_;
};

// The JSON object of one row, on a line of its own.
std::string json_line(const Schema& schema, Fields row);

// {"error": "…", "status": 69} and a newline.
std::string render_json_error(std::string_view text, int status);
std::string render_json_warning(std::string_view text);

}  // namespace smcroute
