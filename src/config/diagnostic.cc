// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "config/diagnostic.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/text.h"

namespace smcroute {

namespace {

constexpr size_t kWindow = 100;       // bytes of a long line that are shown
constexpr size_t kWindowBefore = 40;  // so many of these before the caret
constexpr std::string_view kCut = "...";
constexpr size_t kMostTold = 20;

// The part of a source line that is shown, [begin, end).
struct Window {
    size_t begin = 0;
    size_t end = 0;
};

Window window_of(size_t size, size_t caret) {
    if (size <= kWindow) {
        return {0, size};
    }
    const size_t begin = caret > kWindowBefore ? caret - kWindowBefore : 0;
    const size_t end = std::min(begin + kWindow, size);
    return {end - kWindow, end};
}

char shown(char c) { return c == '\t' || (c >= ' ' && c <= '~') ? c : '?'; }

}  // namespace

std::string quoted(std::string_view word) { return compose("'{}'", printable(word, 60)); }

std::string_view to_string(Severity severity) {
    return severity == Severity::kError ? "error" : "warning";
}

std::string place_of(const Diagnostic& diagnostic) {
    std::string place = diagnostic.file;
    if (diagnostic.line > 0) {
        place += compose(":{}", diagnostic.line);
    }
    if (diagnostic.column > 0) {
        place += compose(":{}", diagnostic.column);
    }
    return place;
}

std::string to_string(const Diagnostic& diagnostic) {
    // An interface's name may contain bytes that no terminal should get.
    return compose("{}: {}: {}", place_of(diagnostic), to_string(diagnostic.severity),
                   printable(diagnostic.text, diagnostic.text.size()));
}

void bound(std::vector<Diagnostic>& diagnostics, const std::string& path) {
    if (diagnostics.size() <= kMostTold) {
        return;
    }
    std::vector<Diagnostic> kept;
    for (const Severity severity : {Severity::kError, Severity::kWarning}) {
        for (Diagnostic& each : diagnostics) {
            if (each.severity == severity && kept.size() < kMostTold) {
                kept.push_back(std::move(each));
            }
        }
    }
    const std::string left = std::to_string(diagnostics.size() - kMostTold);
    kept.push_back({.severity = kept.back().severity,
                    .file = path,
                    .text = compose("and {} more (smcroute -F {} shows all)", left, path),
                    .source_line = {}});
    diagnostics = std::move(kept);
}

std::string render(const Diagnostic& diagnostic) {
    std::string text = to_string(diagnostic);
    if (diagnostic.column == 0) {
        return text;
    }
    const std::string& line = diagnostic.source_line;
    const size_t caret = std::min<size_t>(diagnostic.column - 1, line.size());
    const Window window = window_of(line.size(), caret);
    const std::string_view lead = window.begin > 0 ? kCut : "";
    std::string source(lead);
    std::string marks(lead.size(), ' ');
    for (size_t i = window.begin; i < window.end; ++i) {
        source += shown(line[i]);
        if (i < caret) {
            marks += line[i] == '\t' ? '\t' : ' ';
        }
    }
    const size_t room = std::max<size_t>(window.end - caret, 1);
    marks += '^';
    marks.append(std::clamp<size_t>(diagnostic.width, 1, room) - 1, '~');
    return compose("{}\n{}{}\n{}", text, source, window.end < line.size() ? kCut : "", marks);
}

}  // namespace smcroute
