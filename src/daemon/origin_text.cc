// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/origin_text.h"

#include <string_view>

namespace smcroute {

std::string origin_text(const Origin& origin, std::span<const std::string> files) {
    if (origin.file >= files.size()) {
        return "client";
    }
    const std::string_view main = files[0];
    const std::string_view home = main.substr(0, main.rfind('/') + 1);
    std::string_view name = files[origin.file];
    name.remove_prefix(name.starts_with(home) ? home.size() : 0);
    return std::string(name).append(1, ':').append(std::to_string(origin.line));  // for each row
}

}  // namespace smcroute
