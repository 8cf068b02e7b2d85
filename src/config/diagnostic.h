// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// A problem in a configuration text, and where it is: the value (Diagnostic) and its form for
// people, like a compiler's. No policy here: the caller decides whether an error stops anything.
// Columns and widths count bytes from 1; a tab is one byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace smcroute {

enum class Severity : uint8_t { kError, kWarning };

// A word that is not accepted, and why: `text` is a full clause that names the word. `word` lies in
// the text the caller gave, so that the caller can compute the column. A warning does not make a
// file bad; a command is refused either way.
struct BadWord {
    std::string_view word;
    std::string text;
    Severity severity = Severity::kError;
};

// A word as messages show it: printable, and cut if long.
std::string quoted(std::string_view word);

struct Diagnostic {
    Severity severity = Severity::kError;
    std::string file;
    uint32_t line = 0;    // 0: the file as a whole
    uint32_t column = 0;  // 0: the line as a whole; no source line is shown
    std::string text;
    std::string source_line;  // raw, without its end
    uint32_t width = 1;       // number of bytes that the text is about, from `column` on

    friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};

// Parts of texts by which it is known what releases 2.4 to 2.6 judged otherwise (second_names.cc).
inline constexpr std::string_view kNoThreshold = " is not a threshold (expected 1-255)";
inline constexpr std::string_view kNoFile = "no file ";

std::string_view to_string(Severity severity);

// "FILE:LINE:COL".
std::string place_of(const Diagnostic& diagnostic);

// One line for a log: "FILE:LINE:COL: error: TEXT".
std::string to_string(const Diagnostic& diagnostic);

// The same, plus the source line and a line with a caret, joined by newlines, none at the end. Tabs
// stay tabs in both lines; control bytes and bytes that are not ASCII become '?'. A long line is
// cut to the part around the caret, with "..." where it was cut.
std::string render(const Diagnostic& diagnostic);

// A file that is no configuration is wrong in every line. If there is more than a screenful, only
// the first stay, errors before warnings, and one more says how many were dropped.
void bound(std::vector<Diagnostic>& diagnostics, const std::string& path);

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
