// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// RowFilter: passes on the rows that the words behind `--show WHAT` ask for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mcast/if_name.h"
#include "mcast/prefix.h"
#include "view/rows.h"

namespace smcroute {

// One word: a row has it if one of its fields does.
struct RowWord {
    std::string text;
    std::optional<Prefix> prefix = std::nullopt;        // has an address in common with it
    std::optional<IfPattern> interface = std::nullopt;  // names one that it matches
};
// Any address, range, interface or beginning of a state or reason.
Result<RowWord> parse_row_word(std::string_view word);

class RowFilter final : public RowSink {
public:
    // Borrows both. A row must have all of the words.
    RowFilter(const std::vector<RowWord>& words, RowSink& sink) : words_(words), sink_(sink) {}

    void take(Fields row) override;

private:
    const std::vector<RowWord>& words_;
    RowSink& sink_;
};

}  // namespace smcroute
