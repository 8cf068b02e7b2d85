// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/table.h"

namespace smcroute {

void Table::take(Fields row) {
    for (const std::string_view field : row) {
        text_ += field;
        ends_.push_back(text_.size());
    }
}

}  // namespace smcroute
