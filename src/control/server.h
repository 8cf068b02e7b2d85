// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Server: the daemon's end of the control socket. Many clients at once, none of which can delay
// another or the routing: nothing blocks, each turn serves a connection only so far and goes on
// with one of those that have more to do, and what a client does not read stops its own commands.
//
// A connection that is silent between commands may stay. One that leaves a command half said or its
// answer unread is closed after kPatience. When there are too many, one has to go for each that
// comes, but none that has not said a command yet and connected less than kGrace ago: the next
// clients rather wait in the kernel's queue. So whoever says a command within kGrace is served,
// however many others come, and those cannot keep it from being accepted either.
//
// A connection holds at most a frame and one read more, and kLargeAnswer of answers; kLargeAnswers
// of them may hold one answer that is longer. That is all: kMaxHeld, and kLargeAnswers answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "control/access.h"
#include "control/command.h"
#include "control/protocol.h"
#include "control/reply.h"
#include "os/event_loop.h"
#include "os/unix_socket.h"

namespace smcroute {

class CommandHandler {
public:
    virtual ~CommandHandler() = default;
    virtual Reply execute(std::span<const std::string> words) = 0;
};

class Server final : private Handler {
public:
    static constexpr size_t kMaxConnections = 256;
    // Beyond this much unread answer a client's further commands wait.
    static constexpr size_t kMaxUnsent = 64 * 1024;
    // So many may have more than this unread, since a single answer may be longer. Of more, the one
    // that has not moved for longest is closed.
    static constexpr size_t kLargeAnswer = 2 * kMaxUnsent;
    static constexpr size_t kLargeAnswers = 4;
    static constexpr size_t kReadSize = 16 * 1024;
    // Pages are small, so that others get their turn; what a client is sent at once is not.
    static constexpr size_t kFrameSize = 32 * 1024;
    static constexpr size_t kMaxHeld =
        kMaxConnections * (kFrameHeaderSize + kMaxPayload + kReadSize + kLargeAnswer);

    // How long a connection may owe the rest of a command, or leave an answer unread, while nothing
    // moves.
    static constexpr std::chrono::seconds kPatience{10};
    // How long a client has for its first command while others want its place.
    static constexpr std::chrono::milliseconds kGrace{50};

    // Commands of one connection that are executed in a turn while no other has any left over; they
    // share them otherwise, and each has at least one.
    static constexpr int kCommandsPerTurn = 64;
    static constexpr int kAcceptsPerTurn = 16;

    // Borrows the loop and the handler.
    static Result<std::unique_ptr<Server>> create(EventLoop& loop, Listener listener,
                                                  const ControlAccess& access,
                                                  CommandHandler& handler);
    ~Server() override;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // What all connections hold now, in bytes.
    size_t held() const;

private:
    class Connection;
    using Connections = std::list<std::unique_ptr<Connection>>;

    Server(EventLoop& loop, Listener listener, ControlAccess access, CommandHandler& handler);

    Result<Access> admission(int fd) const;
    // Of a command that changes something, to one who may only read.
    Error refusal(std::string_view word) const;

    void on_event(uint32_t events) override;
    bool accept_one();
    void admit(UniqueFd socket);
    void drop(Connection& connection);
    void touch(Connection& connection);

    bool make_room();
    Connection* dispensable() const;
    bool may_go_for_others(const Connection& connection) const;
    void pause_accepting();
    void go_on_accepting();

    int commands_in_a_turn() const;
    void resume_later(Connection& connection);
    void resume_next_later();
    void resume_next();
    // While pages are turned.
    const Lookout& lookout();
    void limit_large_answers(const Connection& newest);

    EventLoop& loop_;
    Listener listener_;
    ControlAccess access_;
    CommandHandler& handler_;
    TimerId accept_timer_ = TimerId::kNone;  // set: no room for another now
    TimerId resume_timer_ = TimerId::kNone;
    std::deque<Connection*> to_resume_;
    std::optional<Lookout> lookout_;
    uint64_t admitted_ = 0;    // so far
    size_t readers_ = 0;       // connections that may only read
    Connections connections_;  // what has not moved for longest first; after what they take part in
};

}  // namespace smcroute
