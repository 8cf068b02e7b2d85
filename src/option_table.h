// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The options of the command line, one row each with the code that sets it. Parsing (options.cc)
// and the usage text follow from the rows.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "control/client.h"
#include "daemon/service.h"

namespace smcroute {

// Collects the options before defaults that depend on other options are filled in.
struct Draft {
    ClientStyle client;
    ServiceSettings service;
    bool daemon = false;
    bool help = false;
    bool version = false;
    bool check = false;
    bool live = false;
};

struct OptionWord {
    char letter;  // 0: long name only
    std::string_view name;
    std::string_view argument;  // empty: takes none
    std::string_view help;
    // An error says what is wrong with the argument.
    Status (*set)(Draft& draft, std::string_view argument);
};

std::span<const OptionWord> option_words();

}  // namespace smcroute
