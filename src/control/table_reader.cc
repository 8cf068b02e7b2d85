// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/table_reader.h"

#include <array>
#include <string>

#include "control/reply.h"

namespace smcroute {

Result<std::vector<Row>> read_table(Session& session, std::string_view what) {
    const std::array<std::string, 2> words = {"show", std::string(what)};
    std::string lines;
    std::string complaint;
    const auto status = session.run(words, [&](const Frame& frame) {
        (frame.type == FrameType::kOut ? lines : complaint) += frame.payload;
    });
    if (!status) {
        return status.error();
    }
    if (*status != ExitStatus::kOk) {
        return Error{std::string(without_name(complaint)), *status};
    }
    return decode_rows(*find_schema(what), lines);
}

}  // namespace smcroute
