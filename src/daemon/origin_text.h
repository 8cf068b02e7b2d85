// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Where a line of the running state comes from, in words: "smcroute.conf:12", relative to where the
// main file is, or "client".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mcast/route.h"
#include "view/schema.h"

namespace smcroute {

class OriginNames {
public:
    // Borrows what Origin.file indexes, the main file first.
    explicit OriginNames(std::span<const std::string> files);

    std::string text(const Origin& origin) const;
    // The same as a part of a field. Quicker where the file is that of the last time.
    void put(RowWriter& row, const Origin& origin);

private:
    std::string_view file_of(const Origin& origin) const;

    std::span<const std::string> files_;
    std::string_view home_;         // where the main file is, with its slash
    std::optional<uint16_t> last_;  // a file
    std::string last_name_;         // as it stands before the line; empty for a client's
};

}  // namespace smcroute
