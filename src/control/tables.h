// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The client's output of rows: they arrive as data, and their look is decided here, where the
// terminal is.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/command.h"
#include "control/printing.h"
#include "control/session.h"
#include "view/reading.h"
#include "view/table.h"

namespace smcroute {

// Passes the rows of an answer, of that schema, to the sink as they come; `complaint` gets the
// daemon's messages.
Result<ExitStatus> ask_rows(Session& session, std::span<const std::string> words,
                            const Schema& schema, RowSink& sink, std::string& complaint);
// The rows that `--show WHAT` would show. An error is the daemon's complaint, or about the session.
Result<Table> read_table(Session& session, std::string_view what);
// One look at the counters: of all streams, since they share those of the interfaces.
Result<Sample> read_sample(Session& session);

Result<ExitStatus> run_show(Session& session, const std::vector<std::string>& words,
                            const Show& show, const ClientStyle& style);

// All or nothing: output after a failed question would look as if routes were gone.
Result<ExitStatus> run_metrics(Session& session);

}  // namespace smcroute
