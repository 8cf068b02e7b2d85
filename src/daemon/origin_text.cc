// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/origin_text.h"

#include <string_view>

#include "base/text.h"

namespace smcroute {

namespace {

// The file that the line is in, relative to where the main file is; nothing for a client's.
std::string_view file_of(const Origin& origin, std::span<const std::string> files) {
    if (origin.file >= files.size()) {
        return {};
    }
    const std::string_view name = files[origin.file];
    const std::string_view home =
        std::string_view(files[0]).substr(0, std::string_view(files[0]).rfind('/') + 1);
    return name.substr(name.starts_with(home) ? home.size() : 0);
}

}  // namespace

void put_origin(RowWriter& row, const Origin& origin, std::span<const std::string> files) {
    const std::string_view file = file_of(origin, files);
    if (file.empty()) {
        row.put("client");
        return;
    }
    row.put(file);
    row.put(":");
    row.put(uint64_t{origin.line});
}

std::string origin_text(const Origin& origin, std::span<const std::string> files) {
    const std::string_view file = file_of(origin, files);
    return file.empty() ? "client" : cat({file, ":", std::to_string(origin.line)});
}

}  // namespace smcroute
