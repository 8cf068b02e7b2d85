// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What a client makes of rows: they arrive as they are, and what they look like is decided here,
// where the terminal is.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/command.h"
#include "control/printing.h"
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

Result<ExitStatus> run_show(Session& session, const std::vector<std::string>& words,
                            const Show& show, const ClientStyle& style);

// All or nothing: what follows a failed question would look like routes that are gone.
Result<ExitStatus> run_metrics(Session& session);

}  // namespace smcroute
