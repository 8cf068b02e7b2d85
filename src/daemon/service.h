// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Service: the process around the Daemon. It owns the order in which things start and stop, hands
// descriptors, signals and time to the Daemon, and speaks to whoever started us. The order of a
// start: leave the terminal, open the routing sockets, apply the file, listen, carry out the
// commands given, write the pid file, report ready.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"

namespace smcroute {

struct ServiceSettings {
    bool foreground = false;
    bool default_vifs = true;  // false with -N
    bool syslog = false;
    LogLevel log_level = LogLevel::kNotice;
    std::string ident = "smcroute";
    std::string version;
    std::string config_file;  // this and the next two absolute
    std::string pid_file;
    std::string socket;
    std::string hook;                                // empty: none
    std::string user;                                // USER[:GROUP]; empty: stay who we are
    std::chrono::seconds mrdisc_interval{20};        // 4 to 180
    std::chrono::seconds cache_timeout{60};          // of learned streams; 0: none
    std::optional<uint32_t> table;                   // none: the kernel's default one
    std::vector<std::vector<std::string>> commands;  // carried out before ready
};

// Runs the daemon until it is told to stop. In the background this returns in the daemon's process
// only; the starting one exits when the daemon is ready or has failed.
ExitStatus run_service(const ServiceSettings& settings);

}  // namespace smcroute
