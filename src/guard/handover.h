// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Handover: what one guard leaves to the next one of the same service. It goes through execve()
// when the program is upgraded, and through the service manager's store of descriptors when the
// guard has died or was restarted. Names are for both: letters, digits and '-'.
//
// Upgraded, the new program finds in its environment
//
//     SMCROUTE_HANDOVER=VERSION pid=PID KEY=VALUE…     with spaces between, the values numbers:
//         pid=PID          the process that is upgraded: for any other it is not meant
//         worker=PID       the old worker, a child of ours that still runs
//         script=PID       likewise, that of -e
//         ready=0|1        whether those who wait for the start have been told
//         back=1           this is the program that was there before; the other could not start
//         NAME=FD          each descriptor; one name may come several times
//
//         list=FD          instead of all others, where they are too long for the environment: of a
//                          file that has them, pid=PID included
//
// or, to find out beforehand whether it would do, SMCROUTE_HANDOVER=trial: then it says
// kTrialAnswer on stdout, and ends. From a service manager come LISTEN_PID, LISTEN_FDS and
// LISTEN_FDNAMES. Whatever comes is believed when keep_genuine() (guard/genuine.h) has seen it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "control/reply.h"
#include "mcast/address.h"
#include "os/unique_fd.h"

namespace smcroute {

inline constexpr const char* kHandoverVariable = "SMCROUTE_HANDOVER";
inline constexpr std::string_view kTrial = "trial";
inline constexpr std::string_view kTrialAnswer = "smcroute takes over, version 1\n";

inline constexpr const char* kWholeList = "list";
inline constexpr const char* kControl = "control";
inline constexpr const char* kJournal = "journal";
inline constexpr const char* kLedger = "ledger";
// The digit is the version of JoinRecord's form.
inline constexpr const char* kRecord = "memberships-1";
// With the id behind it; and where the service manager does not have that socket.
inline constexpr std::string_view kJoin = "join-";
inline constexpr std::string_view kKeptJoin = "join-kept-";
// One table's routes must not be taken for those of another.
constexpr std::string_view routing_prefix(Family family) {
    return family == Family::kIpv4 ? "ipv4-table-" : "ipv6-table-";
}
std::string routing_name(Family family, std::optional<uint32_t> table);
std::string join_name(std::string_view prefix, uint32_t id);
// Of a socket whose id nobody has told.
std::string join_name(pid_t worker, uint32_t number);

struct Handover {
    using Named = std::pair<std::string, UniqueFd>;

    // The guard that leaves it to the program after it; none: it is from elsewhere.
    std::optional<pid_t> upgraded = std::nullopt;
    bool ready = false;
    bool went_back = false;
    std::optional<pid_t> worker = std::nullopt;
    std::optional<pid_t> script = std::nullopt;
    std::vector<Named> descriptors = {};

    // The first of that name; empty if there is none.
    UniqueFd take(std::string_view name);
    bool has(std::string_view name) const;
    // All whose names begin so, with their names.
    std::vector<Named> take_all(std::string_view prefix);
};

// Whether this process is only to say that it could.
bool is_trial();

// What there is in the environment, which then has nothing of it any more. Descriptors that are not
// open are left out.
Handover take_handover();

// Closes whatever else this process was started with (a lock, somebody's pipe), which is not for a
// daemon to keep; but for the file, if it is named by its descriptor, as a shell's <(...) is.
void close_others(const Handover& handover, std::string_view file);

// The variable's value for the next program, of what was `upgraded`, but with these descriptors;
// those that are closed are left out.
std::string encode_handover(const Handover& handover, std::span<const NamedDescriptor> descriptors);
// Nothing if it is not for this process. Every number is one of a descriptor, open or not.
std::optional<Handover> decode_handover(std::string_view text, pid_t process);

}  // namespace smcroute
