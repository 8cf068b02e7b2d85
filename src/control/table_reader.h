// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What a client asks of the daemon to make something else of it: the rows of a table.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "control/session.h"
#include "view/schema.h"

namespace smcroute {

// The rows that `--show WHAT` would show. An error is what the daemon complained, or of the
// session.
Result<std::vector<Row>> read_table(Session& session, std::string_view what);

}  // namespace smcroute
