// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Mrdisc: announces a multicast router on interfaces, so that snooping switches send all multicast
// there (SPEC R28). It joins the Announcer, which knows when, to sockets, which know how, with the
// event loop.
//
// The invariant: there are sockets and a timer only while an interface that is up is to have
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

    // Borrows the first two.
    Mrdisc(EventLoop& loop, MrdiscSockets& sockets, std::chrono::seconds interval);
    // As stop().
    ~Mrdisc();
    Mrdisc(const Mrdisc&) = delete;
    Mrdisc& operator=(const Mrdisc&) = delete;

    // The interfaces that are to have announcements of this family, up or not. What cannot be
    // announced is logged and left out until the interfaces change. Does nothing if they have not.
    void set_interfaces(Family family, const std::vector<Interface>& interfaces, TimePoint now);

    // Says goodbye on every interface.
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
