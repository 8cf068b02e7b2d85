// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rendering: the text to print for an answer, made while its rows come and returned after the last,
// because only then is it known how wide the first row must be, or that nothing went wrong.
#pragma once

#include <string>

#include "view/rows.h"

namespace smcroute {

struct RenderStyle {
    bool heading = true;
    bool bold = false;  // the heading is bold, by terminal codes
    bool json = false;
    // How many columns the terminal has; rows that need more are folded. 0: a row is a line.
    size_t width = 0;
    bool cut = false;  // rows that need more are cut instead
};

class Rendering : public RowSink {
public:
    // The whole text; to be called once, after the last row.
    virtual std::string text() = 0;
};

}  // namespace smcroute
