// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "view/rows.h"

namespace smcroute {

RowReader::RowReader(const Schema& schema, RowSink& sink)
    : sink_(sink), fields_(schema.columns.size()) {}

void RowReader::take(std::string_view piece) {
    const size_t whole = piece.rfind('\n') + 1;  // 0 without a newline
    if (whole > 0 && !begun_.empty()) {
        const size_t rest = piece.find('\n') + 1;
        split(begun_.append(piece, 0, rest));
        begun_.clear();
        split(piece.substr(rest, whole - rest));
    } else {
        split(piece.substr(0, whole));
    }
    begun_ += piece.substr(whole);
}

void RowReader::finish() {
    if (!begun_.empty()) {
        split(begun_ += '\n');
        begun_.clear();
    }
}

// Each row includes its newline, so that the inner loop need not check for the end of the text.
void RowReader::split(std::string_view rows) {
    const char* at = rows.data();
    const char* const end = at + rows.size();
    while (at < end) {
        size_t count = 0;
        for (bool more = true; more; ++at, ++count) {
            const char* const begin = at;
            while (*at != '\t' && *at != '\n') {
                ++at;
            }
            more = *at == '\t';
            if (count < fields_.size()) {
                fields_[count] = {begin, static_cast<size_t>(at - begin)};
            }
        }
        if (count == fields_.size()) {
            sink_.take(fields_);
        }
    }
}

std::vector<std::string_view> fields_of(const Row& row) { return {row.begin(), row.end()}; }

}  // namespace smcroute
