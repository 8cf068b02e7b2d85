// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/table_reader.h"

#include <array>

#include "control/reply.h"

namespace smcroute {

Result<ExitStatus> ask_rows(Session& session, std::span<const std::string> words,
                            const Schema& schema, RowSink& sink, std::string& complaint) {
    RowReader rows(schema, sink);
    const auto status = session.run(words, [&](const Frame& frame) {
        if (frame.type == FrameType::kOut) {
            rows.take(frame.payload);
        } else {
            complaint += frame.payload;
        }
    });
    rows.finish();
    return status;
}

Result<Table> read_table(Session& session, std::string_view what) {
    const std::array<std::string, 2> words = {"show", std::string(what)};
    Table table(*find_schema(what));
    std::string complaint;
    const auto status = ask_rows(session, words, table.schema(), table, complaint);
    if (!status) {
        return status.error();
    }
    if (*status != ExitStatus::kOk) {
        return Error{std::string(without_name(complaint)), *status};
    }
    return table;
}

}  // namespace smcroute
