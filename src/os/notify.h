// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Notifier: tells a service manager how we are, by the sd_notify protocol, without its library. It
// is a courtesy: without a manager, or if a message gets lost, nothing happens and nothing is
// reported. A manager that is busy is waited for, a second at most, with what it would miss; one
// that did not read for so long is not waited for again until it does.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "os/unique_fd.h"

namespace smcroute {

// What there is to tell; see the functions of these names.
enum class Notice : uint8_t { kReady, kStatus, kReloading, kStopping, kWatchdog };

class Notifier {
public:
    // Tells nobody.
    Notifier() = default;
    // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and removes them from the environment, so
    // that no script speaks in our name. In the process that will be the daemon.
    static Notifier from_environment();

    // Somebody listens.
    bool active() const { return static_cast<bool>(socket_); }

    // The status is one line for people: "12 routes, 2 pending, 1 group".
    void ready(std::string_view status);
    void status(std::string_view status);
    // To be followed by ready(). The manager wants to know when it began.
    void reloading(std::chrono::steady_clock::time_point now);
    void stopping();
    void watchdog();
    // One of the above; the status only of those that have one.
    void tell(Notice notice, std::string_view status);

    // Keeps a duplicate of the descriptor for us, under this name, to be had back after a restart
    // (LISTEN_FDS), if the manager does that for this service; and no longer.
    void store(std::string_view name, int fd);
    void remove(std::string_view name);

    // Where a manager listens, and how often it wants to hear from us, as it was in the
    // environment; for a program that takes our place. And if none does, out again.
    void restore_environment() const;
    static void clear_environment();

    // How often to call watchdog(): half the time after which the manager would give us up. Nothing
    // if it does not watch us.
    std::optional<std::chrono::microseconds> watchdog_interval() const { return interval_; }

private:
    // Of status lines and signs of life there are always more to come.
    enum class Loss : uint8_t { kHarmless, kHarmful };
    void send_message(std::string_view message, Loss loss, int fd = -1);
    bool await_room();

    std::string address_;
    std::string watchdog_usec_;
    UniqueFd socket_;
    bool manager_reads_ = true;
    std::optional<std::chrono::microseconds> interval_;
};

}  // namespace smcroute
