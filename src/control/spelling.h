// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Spelling: commands as people write them, without dashes and shortened to what only one of them
// begins with, written out. The client does this, so the daemon knows full words only.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace smcroute {

// Writes out the command, "help" and "version" included, and the table after show; a table's name
// alone shows it. What releases 2.4 to 2.6 knew goes first, so that no later command makes it mean
// two things. Words that begin with a dash, and those that are no command, stay as they are.
Result<std::vector<std::string>> spell_out(std::vector<std::string> words);

}  // namespace smcroute
