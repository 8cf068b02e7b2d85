// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What is wrong with a piece of configuration text, and where: the value (Diagnostic) and its form
// for people, a compiler's. Here is no policy: whether an error stops anything is the caller's
// choice. Columns and widths count bytes from 1, a tab being one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace smcroute {

// A word that cannot be taken, and why: a full clause that names the word. `word` lies in the text
// the caller gave, so that who has the line can tell the column.
struct BadWord {
    std::string_view word;
    std::string text;
};

// A word as messages show it: printable, and not all of a long one.
std::string quoted(std::string_view word);

enum class Severity : uint8_t { kError, kWarning };

struct Diagnostic {
    Severity severity = Severity::kError;
    std::string file;
    uint32_t line = 0;    // 0: the file as a whole
    uint32_t column = 0;  // 0: the line as a whole; no source line is shown
    std::string text;
    std::string source_line;  // raw, without its end
    uint32_t width = 1;       // bytes that the text is about, from `column` on

    friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

// One line for a log: "FILE:LINE:COL: error: TEXT".
std::string to_string(const Diagnostic& diagnostic);

// The same, the source line and a line with a caret, joined by newlines, none at the end. Tabs stay
// tabs in both lines; control bytes and bytes that are not ASCII become '?'; of a long line only
// the part around the caret is shown, with "..." where it was cut.
std::string render(const Diagnostic& diagnostic);

// Whether one of them is an error.
template <typename Diagnostics>
bool has_error(const Diagnostics& diagnostics) {
    for (const Diagnostic& diagnostic : diagnostics) {
        if (diagnostic.severity == Severity::kError) {
            return true;
        }
    }
    return false;
}

}  // namespace smcroute
