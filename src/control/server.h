// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Server: the daemon's end of the control socket. It serves many clients at once, none of which can
// delay another or the routing: nothing blocks, each turn serves a connection only so far and then
// continues with one of those that have more to do, and a client that does not read stops only its
// own commands.
//
// When there are too many connections, one must go for each new one, but none that has not sent a
// command yet and connected less than kGrace ago: the next clients then wait in the kernel's queue.
// So a client that sends a command within kGrace is served, however many others come, and those
// cannot keep it from being accepted either.
//
// Commands that take long are executed one at a time, those of clients who may change something
// first, and then none for as long as the last one took: half of the time is left for everything
// else, however many there are.
//
// All connections together hold no more than kMaxHeld, and kLargeAnswers answers that are longer.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "control/access.h"
#include "control/command.h"
#include "control/connection.h"
#include "control/reply.h"
#include "os/event_loop.h"
#include "os/unix_socket.h"

namespace smcroute {

class CommandHandler {
public:
    virtual ~CommandHandler() = default;
    // `access`: what the client may do.
    virtual Reply execute(std::span<const std::string> words, Access access) = 0;
    // Called before clients are told the results of the commands executed since the last call.
    virtual void before_answers() {}
};

class Server final : private Handler, private ConnectionOwner {
public:
    static constexpr size_t kMaxConnections = 256;
    // At most so many connections may have more than Connection::kLargeAnswer unread. If there are
    // more, the one without progress for longest is closed.
    static constexpr size_t kLargeAnswers = 4;
    static constexpr size_t kMaxHeld = kMaxConnections * Connection::kMaxHeld;

    // How long a client has for its first command while others want its place.
    static constexpr std::chrono::milliseconds kGrace{50};

    // How many commands of one connection are executed in a turn while no other connection has any
    // left over; otherwise they share this number, and each has at least one.
    static constexpr int kCommandsPerTurn = 64;
    static constexpr int kAcceptsPerTurn = 16;

    // Borrows the loop and the handler.
    static Result<std::unique_ptr<Server>> create(EventLoop& loop, Listener listener,
                                                  const ControlAccess& access,
                                                  CommandHandler& handler);
    ~Server() override;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // The number of bytes that all connections hold now.
    size_t held() const;

private:
    Server(EventLoop& loop, Listener listener, ControlAccess access, CommandHandler& handler);

    // Handler
    void on_event(uint32_t events) override;
    bool accept_one();
    void admit(UniqueFd socket);
    Result<Access> admission(int fd) const;

    bool make_room();
    Connection* dispensable() const;
    bool may_go_for_others(const Connection& connection) const;
    void pause_accepting();
    void go_on_accepting();

    // ConnectionOwner
    Reply execute(const Connection& connection, std::span<const std::string> words) override;
    void before_answers() override { handler_.before_answers(); }
    int commands_in_a_turn() const override;
    void execute_later(Connection& connection) override;
    const Lookout& lookout() override;
    void resume_later(Connection& connection) override;
    void touch(Connection& connection) override;
    void limit_large_answers(const Connection& newest) override;
    void drop(Connection& connection) override;

    void resume_next_later();
    void resume_next();
    void execute_next_later();
    void execute_next();

    EventLoop& loop_;
    Listener listener_;
    ControlAccess access_;
    CommandHandler& handler_;
    TimerId accept_timer_ = TimerId::kNone;  // set: no room for another connection now
    TimerId resume_timer_ = TimerId::kNone;
    std::deque<Connection*> to_resume_;
    TimerId execute_timer_ = TimerId::kNone;
    std::deque<Connection*> to_execute_;       // connections whose command takes long
    EventLoop::Clock::time_point execute_at_;  // not before this time
    std::optional<Lookout> lookout_;           // while pages are read
    uint64_t admitted_ = 0;                    // connections so far
    size_t readers_ = 0;                       // connections that may only read
    Connections connections_;                  // longest without progress first
};

}  // namespace smcroute
