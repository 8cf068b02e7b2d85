// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Rendering: what is to be printed of an answer, made while its rows come and given when the last
// has come, for only then it is known how wide the first has to be, or that nothing went wrong.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "view/rows.h"

namespace smcroute {

struct RenderStyle {
    bool heading = true;
    bool bold = false;  // the heading, by the terminal's own codes
    bool json = false;
};

using Take = std::function<void(std::string_view piece)>;

class Rendering : public RowSink {
public:
    // The whole text, in pieces.
    virtual void give(const Take& take) const = 0;
};

// A text that may be long, in pieces of some 32 kB: what has been written is not copied again.
class LongText {
public:
    // To append a line to.
    std::string& out() {
        if (pieces_.empty()) {
            pieces_.emplace_back();
        } else if (pieces_.back().size() >= kSize) {
            pieces_.emplace_back().reserve(kSize + kLine);
        }
        return pieces_.back();
    }
    bool empty() const { return pieces_.empty(); }
    void give(const Take& take) const {
        for (const std::string& piece : pieces_) {
            take(piece);
        }
    }

private:
    static constexpr size_t kSize = 32 * 1024;
    static constexpr size_t kLine = 512;  // mostly enough for the one that ends a piece

    std::vector<std::string> pieces_;
};

}  // namespace smcroute
