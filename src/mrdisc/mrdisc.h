// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Mrdisc: announces a multicast router on interfaces, so that snooping switches send all multicast
// there (SPEC R28). It connects the Announcer, which knows when to send, with the sockets, which
// know how, and the event loop.
//
// The invariant: there are sockets and a timer only while an interface that is up should have
// announcements; otherwise nothing here costs anything.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "mcast/address.h"
#include "mcast/interfaces.h"
#include "mrdisc/announcer.h"
#include "mrdisc/mrdisc_socket.h"
#include "os/event_loop.h"

namespace smcroute {

class Mrdisc {
public:
    using TimePoint = Announcer::TimePoint;

    // Borrows the loop and the sockets.
    Mrdisc(EventLoop& loop, MrdiscSockets& sockets, std::chrono::seconds interval);
    // Calls stop().
    ~Mrdisc();
    Mrdisc(const Mrdisc&) = delete;
    Mrdisc& operator=(const Mrdisc&) = delete;

    // Sets the interfaces that should have announcements of this family, up or not. An interface
    // that fails is logged and left out until the interfaces change. Does nothing if they have not
    // changed.
    void set_interfaces(Family family, const std::vector<Interface>& interfaces, TimePoint now);

    // Sends a termination on every interface.
    void stop();

private:
    class Port;

    void open_ports(Family family, const std::vector<Interface>& interfaces);
    void close_ports(Family family, const std::vector<Interface>& interfaces);
    void send(const std::vector<Announcement>& messages);
    void on_readable(const MrdiscPort& port);
    // Sets the timer for the next announcement.
    void arm();

    EventLoop& loop_;
    MrdiscSockets& sockets_;
    Announcer announcer_;
    std::array<std::vector<Interface>, kFamilies.size()> wanted_;
    std::map<MrdiscPort, std::unique_ptr<Port>> ports_;
    std::optional<TimePoint> armed_;
    TimerId timer_ = TimerId::kNone;
};

}  // namespace smcroute
