// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "mrdisc/mrdisc.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/random.h>

#include "base/log.h"
#include "base/text.h"

namespace smcroute {

namespace {

// Not a secret: it keeps routers that start together from sending together.
uint32_t random_seed() {
    uint32_t seed = 0;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed) {
        seed = static_cast<uint32_t>(std::chrono::steady_clock::now().time_since_epoch().count());
    }
    return seed;
}

// IPv6 has no address and no route for a moment after a link comes up, or never if it is disabled.
bool lacks_address(int error) { return error == EADDRNOTAVAIL || error == ENETUNREACH; }

const Interface* find(const std::vector<Interface>& interfaces, unsigned ifindex) {
    const auto it = std::find_if(interfaces.begin(), interfaces.end(),
                                 [ifindex](const auto& i) { return i.ifindex == ifindex; });
    return it == interfaces.end() ? nullptr : &*it;
}

}  // namespace

// A socket watched by the loop.
class Mrdisc::Port final : public Handler {
public:
    Port(Mrdisc& owner, MrdiscPort key, const Interface& interface,
         std::unique_ptr<MrdiscSocket> socket)
        : owner_(owner), key_(key), name_(interface.name), socket_(std::move(socket)) {}
    ~Port() override { owner_.loop_.unwatch(socket_->fd()); }
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;

    Status watch() { return owner_.loop_.watch(socket_->fd(), EPOLLIN, *this); }

    void on_event(uint32_t /*events*/) override {
        if (socket_->take_solicitations()) {
            owner_.on_readable(key_);
        }
    }

    void rename(const IfName& name) { name_ = name; }

    void send(const MrdiscMessage& message) {
        const int error = socket_->send(message);
        // A termination is a courtesy, and most of those that fail are for an interface that has
        // gone.
        const bool harmless = message.type == MrdiscMessage::Type::kTermination ||
                              (key_.family == Family::kIpv6 && lacks_address(error));
        if (error != 0 && error != last_error_ && !harmless) {
            log_warning(compose("cannot announce a multicast router on {} ({}): {}", name_.view(),
                                to_string(key_.family), strerror(error)));
        }
        last_error_ = error;
    }

private:
    Mrdisc& owner_;
    const MrdiscPort key_;
    IfName name_;  // for the log
    const std::unique_ptr<MrdiscSocket> socket_;
    int last_error_ = 0;  // a repeated error is not logged
};

Mrdisc::Mrdisc(EventLoop& loop, MrdiscSockets& sockets, std::chrono::seconds interval)
    : loop_(loop), sockets_(sockets), announcer_(interval, random_seed()) {}

Mrdisc::~Mrdisc() { stop(); }

void Mrdisc::set_interfaces(Family family, const std::vector<Interface>& interfaces,
                            TimePoint now) {
    std::vector<Interface>& wanted = wanted_[index_of(family)];
    if (wanted == interfaces) {
        return;
    }
    wanted = interfaces;
    open_ports(family, interfaces);
    std::vector<Interface> possible = interfaces;
    std::erase_if(possible, [&](const Interface& interface) {
        return interface.up && !ports_.contains({family, interface.ifindex});
    });
    send(announcer_.set_interfaces(family, possible, now));
    close_ports(family, interfaces);
    arm();
}

void Mrdisc::open_ports(Family family, const std::vector<Interface>& interfaces) {
    for (const Interface& interface : interfaces) {
        const MrdiscPort key{family, interface.ifindex};
        if (const auto known = ports_.find(key); known != ports_.end()) {
            known->second->rename(interface.name);
            continue;
        }
        if (!interface.up) {
            continue;
        }
        auto socket = sockets_.open(family, interface);
        if (!socket) {
            log_warning(socket.error().text);
            continue;
        }
        auto port = std::make_unique<Port>(*this, key, interface, std::move(*socket));
        if (const Status status = port->watch(); !status) {
            log_warning(status.error().text);
            continue;
        }
        ports_[key] = std::move(port);
    }
}

void Mrdisc::close_ports(Family family, const std::vector<Interface>& interfaces) {
    std::erase_if(ports_, [&](const auto& entry) {
        const Interface* const interface = find(interfaces, entry.first.ifindex);
        return entry.first.family == family && (interface == nullptr || !interface->up);
    });
}

void Mrdisc::send(const std::vector<Announcement>& messages) {
    for (const Announcement& announcement : messages) {
        const auto it = ports_.find(announcement.port);
        if (it != ports_.end()) {
            it->second->send(announcement.message);
        }
    }
}

void Mrdisc::on_readable(const MrdiscPort& port) {
    announcer_.on_solicitation(port, loop_.now());
    arm();
}

void Mrdisc::arm() {
    const std::optional<TimePoint> deadline = announcer_.deadline();
    if (deadline == armed_) {
        return;
    }
    loop_.cancel(timer_);
    armed_ = deadline;
    if (!armed_) {
        return;
    }
    timer_ = loop_.run_at(*armed_, [this] {
        armed_.reset();
        send(announcer_.on_deadline(loop_.now()));
        arm();
    });
}

void Mrdisc::stop() {
    send(announcer_.stop());
    ports_.clear();
    wanted_ = {};
    arm();
}

}  // namespace smcroute
