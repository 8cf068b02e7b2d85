// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The client's output: errors and the daemon's messages about a command, as text or as JSON.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "control/session.h"

namespace smcroute {

struct ClientStyle {
    bool json = false;                // for what is shown, and for errors
    bool heading = true;              // over tables
    bool dot = false;                 // the map, for Graphviz
    bool any_network = false;         // the daemon may be of another network namespace
    bool as_config = false;           // what --trace sees, as lines of a configuration
    std::chrono::seconds watched{5};  // how long --why and --trace look
    // As smcroutectl does it: its words and tables; a success is silent, an error is one line.
    bool as_smcroutectl = false;
    bool details = false;  // in those tables
    bool plain = false;    // their headings are never in reverse video
};

void print_error(const Error& error, const ClientStyle& style = {});

// Prints the daemon's messages about a command, after its place if it has one: warnings, then the
// error.
void print_complaint(std::string complaint, ExitStatus status, const ClientStyle& style,
                     std::string_view place = {});

// Prints the answer to the command that was queued first. Reads all of it before, since the daemon
// does not wait until a pager has been read.
Result<ExitStatus> print_answer(Session& session, const ClientStyle& style, std::string_view place);
// Sends a command and prints its answer.
Result<ExitStatus> run_plainly(Session& session, const std::vector<std::string>& words,
                               const ClientStyle& style, std::string_view place = {});

}  // namespace smcroute
