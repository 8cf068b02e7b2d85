// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Options: the command line as a value. Parsing touches nothing outside; main() acts on the result.
// One table drives parsing, the usage text and the manual's test.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "control/client.h"
#include "daemon/service.h"

namespace smcroute {

struct Options {
    enum class Mode : uint8_t { kHelp, kVersion, kCheck, kDaemon, kClient, kDiagnosis };

    Mode mode = Mode::kClient;
    ClientStyle client;
    ServiceSettings service;   // for a client, only the socket and the commands
    bool live = false;         // what is checked is compared with this machine
    std::string warning = {};  // about words that were hardly meant that way
};

// The arguments without the program's name. An error is one line and of status kUsage.
Result<Options> parse_options(std::span<const std::string> arguments);

std::string usage_text();
std::string version_text();

}  // namespace smcroute
