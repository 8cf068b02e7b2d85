// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Notifier: reports our state to a service manager, by the sd_notify protocol, without its library.
// It is optional: without a manager, or if a message gets lost, nothing happens and nothing is
// reported. If the manager is busy we wait, a second at most, with messages whose loss would
// matter; after that we do not wait again until it reads.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "os/unique_fd.h"

namespace smcroute {

// The kinds of message; see the functions of these names.
enum class Notice : uint8_t { kReady, kStatus, kReloading, kStopping, kWatchdog };

class Notifier {
public:
    // Reports to nobody.
    Notifier() = default;
    // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and removes them from the environment, so
    // that no script speaks in our name. Call it in the process that will be the daemon.
    static Notifier from_environment();

    // Whether a manager listens.
    bool active() const { return static_cast<bool>(socket_); }

    // The status is one line for people: "12 routes, 2 pending, 1 group".
    void ready(std::string_view status);
    void status(std::string_view status);
    // Must be followed by ready(). The manager wants to know when the reload began.
    void reloading(std::chrono::steady_clock::time_point now);
    void stopping();
    void watchdog();
    // Sends one of the above; the status is used only by those that have one.
    void tell(Notice notice, std::string_view status);

    // The manager keeps a duplicate of the descriptor for us, under this name, and gives it back
    // after a restart (LISTEN_FDS), if it does that for this service; remove() ends this.
    void store(std::string_view name, int fd);
    void remove(std::string_view name);

    // Puts the manager's address, and how often it wants to hear from us, back into the
    // environment, for a program that replaces us. clear_environment() removes them again if that
    // failed.
    void restore_environment() const;
    static void clear_environment();

    // How often to call watchdog(): half of the time after which the manager would consider us
    // dead. Nothing if it does not watch us.
    std::optional<std::chrono::microseconds> watchdog_interval() const { return interval_; }

private:
    // A lost status line or sign of life is harmless: another one follows.
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
