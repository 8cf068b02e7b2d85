// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Handover: what one guard leaves to the next one of the same service. It goes through execve()
// when the program is upgraded, and through the service manager's store of descriptors when the
// guard has died or was restarted. Names are for both: letters, digits and '-'.
//
// Upgraded, the new program finds in its environment
//
//     SMCROUTE_HANDOVER=VERSION KEY=VALUE…     with spaces between, the values numbers:
//         worker=PID       the old worker, a child of ours that still runs
//         ready=0|1        whether those who wait for the start have been told
//         back=1           this is the program that was there before; the other could not start
//         NAME=FD          each descriptor; one name may come several times
//
// or, to find out beforehand whether it would do, SMCROUTE_HANDOVER=trial: then it says
// kTrialAnswer on stdout, and ends. From a service manager come LISTEN_PID, LISTEN_FDS and
// LISTEN_FDNAMES.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "os/unique_fd.h"

namespace smcroute {

inline constexpr const char* kHandoverVariable = "SMCROUTE_HANDOVER";
inline constexpr std::string_view kTrial = "trial";
inline constexpr std::string_view kTrialAnswer = "smcroute takes over, version 1\n";

struct Handover {
    using Named = std::pair<std::string, UniqueFd>;

    bool upgraded = false;  // from a guard that was this process
    bool ready = false;
    bool went_back = false;
    std::optional<pid_t> worker = std::nullopt;
    std::vector<Named> descriptors = {};

    // The first of that name; empty if there is none.
    UniqueFd take(std::string_view name);
    // All whose names begin so, with their names.
    std::vector<Named> take_all(std::string_view prefix);
};

// Whether this process is only to say that it could.
bool is_trial();

// What there is in the environment, which then has nothing of it any more. Descriptors that are not
// open are left out.
Handover take_handover();

// The variable's value for the next program.
std::string encode_handover(const Handover& handover);
// Nothing if it is not for us. Every number is one of a descriptor, open or not.
std::optional<Handover> decode_handover(std::string_view text);

}  // namespace smcroute
