// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Service: the loop around the Daemon. It owns the order in which things start and stop, passes
// descriptors, orders and time to the Daemon, and lets its Host do what needs privileges. The order
// of a start: take the routing sockets, apply the file, listen, carry out the given commands, then
// the host writes the pid file and reports ready.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "control/access.h"
#include "daemon/host.h"
#include "os/privileges.h"

namespace smcroute {

struct ServiceSettings {
    bool foreground = false;
    bool single = false;       // one process, no guard
    bool default_vifs = true;  // false with -N
    bool syslog = false;
    LogLevel log_level = LogLevel::kNotice;
    std::string ident = "smcroute";
    std::string version;
    std::string config_file;    // absolute, like pid_file and socket
    bool config_named = false;  // whether -f named it
    std::string pid_file;
    std::string socket;
    std::string hook;                          // empty: none
    std::string user;                          // USER[:GROUP]; empty: keep our user
    std::string group;                         // its members may read; empty: none
    std::chrono::seconds mrdisc_interval{20};  // 4 to 180
    std::chrono::seconds cache_timeout{60};    // for learned streams; 0: none
    std::optional<uint32_t> table;             // none: the kernel's default one
    bool ipv4 = false;                         // whether IPv4, or IPv6, was asked for by name
    bool ipv6 = false;
    std::vector<GivenCommand> commands;  // carried out before ready

    // For those who call us smcrouted (second_names.h).
    bool lenient = false;              // see DaemonSettings
    bool second_socket = false;        // the socket has a second name
    std::chrono::seconds delay{0};     // before the start
    std::chrono::seconds lifetime{0};  // ends by itself after it; 0: never
    std::string program;               // what an upgrade runs; empty: what /proc says

    // Process 1 has no parent to return to: a container ends with it.
    bool runs_in_foreground() const;
    KernelOptions kernel_options() const { return {.table = table, .named = {ipv4, ipv6}}; }
};

// Where the log goes: while a daemon that leaves the terminal is starting, to both stderr and
// syslog.
enum class LogPhase : uint8_t { kStarting, kRunning };
void open_log(const ServiceSettings& settings, bool foreground, LogPhase phase);

// The users and groups that the settings name. Look them up before anything starts: a name service
// may be slow.
struct Identities {
    std::optional<UserIdentity> user;  // the user to become
    ControlAccess access;
};
Result<Identities> look_up_identities(const ServiceSettings& settings);

// Runs the daemon until it is told to stop, or until it fails to start and has logged why.
ExitStatus run_service(const ServiceSettings& settings, Host& host);

}  // namespace smcroute
