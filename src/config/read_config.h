// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// read_config(): reads a configuration, with its includes, into Desired. Valid lines are in it
// whatever stands beside them; the caller decides whether errors stop anything (SPEC R14).
#pragma once

#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "config/loader.h"
#include "mcast/desired.h"

namespace smcroute {

struct ReadConfig {
    Desired desired;
    std::vector<std::string> files;  // indexed by Origin.file
    std::vector<Diagnostic> diagnostics;
    bool missing = false;  // there is no main file
};

// `present`: the interfaces that exist, if that is known.
ReadConfig read_config(const std::string& path, FileSource& source,
                       const Interfaces* present = nullptr);

}  // namespace smcroute
