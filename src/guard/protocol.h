// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The protocol between the guard, which has privileges, and the worker, which has none and is not
// trusted. A MessageSocket carries it, one message each, numbers in host order, since both are the
// same program:
//
//     1 byte    type
//     n bytes   fields in the order of the struct: numbers as they are, a text as 2 bytes of length
//               and its bytes
//
// Whatever exists from the start (the routing sockets, the listening socket, the memory that
// outlives a worker) is passed by fork() alone.
//
// The worker asks, and waits for the Answer:   ReadFile FindFiles OpenMrdisc RunScript TouchPidFile
//                                              Ready UpgradeRequest
// The worker tells, and goes on:               Hold Release Notify Finish
// The guard tells at any time:                 ReloadOrder StopOrder ScriptEnded
//
// Neither queue fills up while the worker asks one thing at a time: the guard has at most one
// message of each kind under way, so that there is room for every answer, and it takes the worker's
// messages at once. A worker that does not take an answer is ended; it ends itself if the guard
// takes nothing for long.
//
// The guard does nothing else for the worker, and even this only as its own command line and the
// files that it has handed out allow: it reads the main file and the files that an `include` in
// them names, runs the one command of `-e`, touches its own pid file. A message that does not parse
// ends the worker that sent it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "mcast/address.h"
#include "mcast/interfaces.h"
#include "os/notify.h"

namespace smcroute {

// Answered with a descriptor of the content, and a warning if there is one; without a descriptor
// there is no such file.
struct ReadFile {
    std::string path;
};
// As glob(3). Answered with a descriptor of the names, each ended by a NUL byte.
struct FindFiles {
    std::string pattern;
};
// Answered with an MRDISC socket on that interface.
struct OpenMrdisc {
    Family family = Family::kIpv4;
    uint32_t ifindex = 0;
    std::string name;
};
// `reload`, or `install` with the stream in the script's environment. Answered when the script has
// been started; ScriptEnded follows. One at a time.
struct RunScript {
    std::string word;
    std::string source;  // empty for `reload`, like `group`
    std::string group;
};
struct TouchPidFile {};
// The worker has taken over: the state is applied, clients are served. Answered when everybody who
// waits for the start has been told.
struct Ready {};
// Answered when the new program has said that it can take over; the upgrade begins shortly after.
struct UpgradeRequest {};

// Keep a duplicate of the attached descriptor until Release, by this worker or a later one.
struct Hold {
    uint32_t id = 0;
};
struct Release {
    uint32_t id = 0;
};
// Passed on to the service manager.
struct Notify {
    Notice notice = Notice::kStatus;
    std::string status;
};
// A client told the daemon to end.
struct Finish {};

struct Answer {
    ExitStatus status = ExitStatus::kOk;
    std::string reason;  // of a failure; for a file that was read, a warning
};

struct ReloadOrder {};
struct StopOrder {
    std::string why;
};
struct ScriptEnded {
    int32_t status = 0;  // as of waitpid()
};

using GuardMessage =
    std::variant<ReadFile, FindFiles, OpenMrdisc, RunScript, TouchPidFile, Ready, UpgradeRequest,
                 Hold, Release, Notify, Finish, Answer, ReloadOrder, StopOrder, ScriptEnded>;
// Messages that are answered come first.
inline bool is_question(const GuardMessage& message) {
    return message.index() < GuardMessage(Hold{}).index();
}

// Texts longer than kMaxText are cut: none of them can be legitimate.
inline constexpr size_t kMaxText = 4096;
std::vector<std::byte> encode_message(const GuardMessage& message);
// Nothing unless it is exactly one whole message.
std::optional<GuardMessage> decode_message(std::span<const std::byte> bytes);

}  // namespace smcroute
