// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Connection: one client of the control socket. It reads commands, has them executed in order, and
// sends the answers, no faster than the client reads them. It asks its ConnectionOwner for
// decisions that concern other clients.
//
// A client that is silent between commands may stay. A client that leaves a command incomplete or
// its answer unread is closed after kPatience.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/command.h"
#include "control/protocol.h"
#include "control/reply.h"
#include "os/event_loop.h"
#include "os/unique_fd.h"

namespace smcroute {

class Connection;
using Connections = std::list<std::unique_ptr<Connection>>;

// The services that a connection needs from the owner of all connections.
class ConnectionOwner {
public:
    virtual ~ConnectionOwner() = default;

    virtual Reply execute(const Connection& connection, std::span<const std::string> words) = 0;
    // Called before the executed commands are answered.
    virtual void before_answers() = 0;
    // How many commands of one connection may run in this turn, at least one.
    virtual int commands_in_a_turn() const = 0;
    // The connection has a command that takes long; calls resume() once when it may be executed.
    virtual void execute_later(Connection& connection) = 0;
    // The lookout for the page of this turn.
    virtual const Lookout& lookout() = 0;

    // The connection has more to do; calls resume() once in one of the next turns.
    virtual void resume_later(Connection& connection) = 0;
    // There was progress: calls set_moved().
    virtual void touch(Connection& connection) = 0;
    // `newest` is about to send a large answer. May destroy other connections, but not `newest`.
    virtual void limit_large_answers(const Connection& newest) = 0;
    // The connection is finished. Destroys it.
    virtual void drop(Connection& connection) = 0;
};

class Connection final : private Handler {
public:
    // While a client has more unread answer bytes than this, its further commands wait.
    static constexpr size_t kMaxUnsent = 64 * 1024;
    // A single answer may be longer. The owner decides about more than this.
    static constexpr size_t kLargeAnswer = 2 * kMaxUnsent;
    static constexpr size_t kReadSize = 16 * 1024;
    // When a turn has taken longer than this, no more commands are executed, except one for a
    // connection left over by an earlier turn.
    static constexpr std::chrono::milliseconds kLongTurn{5};
    // Pages are small, so that others get their turn; they are collected into frames of this size.
    static constexpr size_t kFrameSize = 32 * 1024;
    // A frame and one more read, plus answers, without a large one.
    static constexpr size_t kMaxHeld = kFrameHeaderSize + kMaxPayload + kReadSize + kLargeAnswer;

    // How long a client may leave a command incomplete or an answer unread without any progress.
    static constexpr std::chrono::seconds kPatience{10};

    // Borrows the loop and the owner. A connection with a higher number connected later.
    Connection(EventLoop& loop, ConnectionOwner& owner, UniqueFd socket, Access access,
               uint64_t number);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Status watch();

    // Each of these three may destroy this connection. refuse() reports the error and closes.
    void refuse(const Error& error);
    // Reads what has arrived but was not noticed yet.
    void hear();
    // Continues what a turn left over, or runs the command that takes long.
    void resume();

    Access access() const { return access_; }
    bool may_only_read() const { return access_ == Access::kRead; }
    bool may_take_over() const { return access_ == Access::kTakeOver; }
    bool has_commanded() const { return has_commanded_; }
    bool is_to_be_resumed() const { return is_to_be_resumed_; }
    bool connected_before(const Connection& other) const { return number_ < other.number_; }
    bool has_large_answer() const { return unsent_.size() > kLargeAnswer; }
    // In bytes.
    size_t held() const { return decoder_.buffered() + unframed_.size() + unsent_.size(); }
    // When it connected, began or completed a command, or the client read part of an answer.
    EventLoop::Clock::time_point moved_at() const { return moved_at_; }
    void set_moved() { moved_at_ = loop_.now(); }

    Connections::iterator place;  // in the owner's list

private:
    void on_event(uint32_t events) override;
    bool receive();
    void take(uint32_t events, int at_least);
    void pump(int at_least);
    void resume_later();
    bool may_receive() const;

    void keep_time();
    void lose_patience_later();

    bool execute_some(int at_least);
    void execute(const Frame& frame);
    bool turn_page();
    void fail(const Error& error);
    void answer(Reply reply);
    void pass(std::span<const NamedDescriptor> descriptors);
    bool send_some();

    EventLoop& loop_;
    ConnectionOwner& owner_;
    UniqueFd socket_;
    const Access access_;
    const uint64_t number_;
    FrameDecoder decoder_;
    std::string unsent_;
    std::vector<std::string> long_command_;  // a long command's words, until it is executed
    std::string unframed_;                   // pages for the next frame
    std::unique_ptr<Pages> pages_;           // of the command being answered
    ExitStatus pages_status_ = ExitStatus::kOk;
    bool waiting_ = false;  // the pages have nothing at the moment
    EventLoop::Clock::time_point moved_at_;
    TimerId patience_ = TimerId::kNone;
    bool is_to_be_resumed_ = false;
    bool reads_ = true;
    bool has_commanded_ = false;
    bool is_half_said_ = false;
    bool closing_ = false;
};

}  // namespace smcroute
