// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Handover: what one guard leaves to the next guard of the same service. It passes through execve()
// when the program is upgraded, and through the service manager's descriptor store when the guard
// died or was restarted. Both use the same names: letters, digits and '-'.
//
// In an upgrade the new program finds in its environment
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
// or SMCROUTE_HANDOVER=trial, to find out beforehand whether it could take over: then it prints
// kTrialAnswer on stdout, and ends. A service manager passes LISTEN_PID, LISTEN_FDS and
// LISTEN_FDNAMES. Nothing is trusted before keep_genuine() (guard/genuine.h) has checked it.
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
// The digit is the version of JoinRecord's file format.
inline constexpr const char* kRecord = "memberships-1";
// Followed by the id; kKeptJoin if the service manager does not have that socket.
inline constexpr std::string_view kJoin = "join-";
inline constexpr std::string_view kKeptJoin = "join-kept-";
// Routes of one table must not be taken for those of another.
constexpr std::string_view routing_prefix(Family family) {
    return family == Family::kIpv4 ? "ipv4-table-" : "ipv6-table-";
}
std::string routing_name(Family family, std::optional<uint32_t> table);
std::string join_name(std::string_view prefix, uint32_t id);
// The name of a socket whose id is unknown.
std::string join_name(pid_t worker, uint32_t number);

struct Handover {
    using Named = std::pair<std::string, UniqueFd>;

    // The process of the guard that was upgraded to this program; none: the handover is from
    // elsewhere.
    std::optional<pid_t> upgraded = std::nullopt;
    bool ready = false;
    bool went_back = false;
    std::optional<pid_t> worker = std::nullopt;
    std::optional<pid_t> script = std::nullopt;
    std::vector<Named> descriptors = {};

    // Takes the first descriptor of that name; empty if there is none.
    UniqueFd take(std::string_view name);
    bool has(std::string_view name) const;
    // Takes all descriptors whose names begin with `prefix`, with their names.
    std::vector<Named> take_all(std::string_view prefix);
};

// Whether this process must only answer the trial.
bool is_trial();

// Takes the handover out of the environment. Descriptors that are not open are left out.
Handover take_handover();

// Closes every other descriptor that this process was started with (a lock, somebody's pipe), which
// a daemon must not keep; except that of the file, if it is named by its descriptor, like a shell's
// <(...).
void close_others(const Handover& handover, std::string_view file);

// The variable's value for the next program: the fields of `handover`, but with these descriptors;
// closed ones are left out.
std::string encode_handover(const Handover& handover, std::span<const NamedDescriptor> descriptors);
// Nothing if it is for another process. Any number may be a descriptor, open or not.
std::optional<Handover> decode_handover(std::string_view text, pid_t process);

}  // namespace smcroute
