// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/origin_text.h"

#include "base/text.h"

namespace smcroute {

namespace {

constexpr std::string_view kClient = "client";

}  // namespace

OriginNames::OriginNames(std::span<const std::string> files) : files_(files) {
    if (!files.empty()) {
        const std::string_view main = files[0];
        home_ = main.substr(0, main.rfind('/') + 1);
    }
}

// Relative to where the main file is; nothing for a client's.
std::string_view OriginNames::file_of(const Origin& origin) const {
    if (origin.file >= files_.size()) {
        return {};
    }
    const std::string_view name = files_[origin.file];
    return name.substr(name.starts_with(home_) ? home_.size() : 0);
}

std::string OriginNames::text(const Origin& origin) const {
    const std::string_view file = file_of(origin);
    return file.empty() ? std::string(kClient) : cat({file, ":", std::to_string(origin.line)});
}

void OriginNames::put(RowWriter& row, const Origin& origin) {
    if (last_ != origin.file) {
        last_ = origin.file;
        const std::string_view file = file_of(origin);
        last_name_ = file.empty() ? "" : without_control(cat({file, ":"}));
    }
    if (last_name_.empty()) {
        row.put_plain(kClient);
        return;
    }
    row.put_plain(last_name_);
    row.put(uint64_t{origin.line});
}

}  // namespace smcroute
