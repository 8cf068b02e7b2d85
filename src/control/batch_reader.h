// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Reads the lines of a batch as they arrive: a feed may never end, and its writer may wait for the
// answer to one line before it writes the next.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace smcroute {

struct BatchLine {
    std::string place;  // "FILE:12: "
    // Never empty. An error is about the line, or means that reading failed.
    Result<std::vector<std::string>> words;
};

class BatchReader {
public:
    // Borrows the descriptor. The name is used in `place`.
    BatchReader(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

    // The next line that has words; nothing at the end. If it may not wait, also nothing if no
    // whole line has been read.
    std::optional<BatchLine> next(bool may_wait);

private:
    std::optional<std::string_view> next_text(bool may_wait);
    void read_more();

    const int fd_;
    const std::string name_;
    std::string buffer_;
    size_t at_ = 0;  // start of the next line
    bool at_end_ = false;
    int failed_with_ = 0;  // an errno still to report
    size_t number_ = 0;
};

}  // namespace smcroute
