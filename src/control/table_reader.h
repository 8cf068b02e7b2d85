// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What a client asks of the daemon to make something else of it: the rows of a table.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "control/session.h"
#include "view/table.h"

namespace smcroute {

// Gives the rows of an answer, of that schema, to the sink as they come; `complaint` is what the
// daemon has to say besides.
Result<ExitStatus> ask_rows(Session& session, std::span<const std::string> words,
                            const Schema& schema, RowSink& sink, std::string& complaint);

// The rows that `--show WHAT` would show. An error is what the daemon complained, or of the
// session.
Result<Table> read_table(Session& session, std::string_view what);

}  // namespace smcroute
