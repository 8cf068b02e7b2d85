// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rendering: what is to be printed of an answer, made while its rows come and given when the last
// has come, for only then it is known how wide the first has to be, or that nothing went wrong.
#pragma once

#include <string>

#include "view/rows.h"

namespace smcroute {

struct RenderStyle {
    bool heading = true;
    bool bold = false;  // the heading, by the terminal's own codes
    bool json = false;
};

class Rendering : public RowSink {
public:
    // The whole text; to be asked for once, after the last row.
    virtual std::string text() = 0;
};

}  // namespace smcroute
