// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Connection: one client of the control socket. Takes its commands, has them executed in their
// order, and sends the answers, no faster than the client reads them. What it cannot decide alone,
// since the other clients are concerned, it asks of its ConnectionOwner.
//
// A client that is silent between commands may stay. One that leaves a command half said or its
// answer unread is closed after kPatience.
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

// What a connection needs of whoever has it and the others.
class ConnectionOwner {
public:
    virtual ~ConnectionOwner() = default;

    virtual Reply execute(const Connection& connection, std::span<const std::string> words) = 0;
    // What was executed is about to be answered.
    virtual void before_answers() = 0;
    // How many of a connection in this turn, at least one.
    virtual int commands_in_a_turn() const = 0;
    // It has a command that takes long: once, a resume() when that may be executed.
    virtual void execute_later(Connection& connection) = 0;
    // For the page of this turn.
    virtual const Lookout& lookout() = 0;

    // It has more to do: once, a resume() in one of the next turns.
    virtual void resume_later(Connection& connection) = 0;
    // Something has moved: calls set_moved().
    virtual void touch(Connection& connection) = 0;
    // The newest has one, and is about to send it. May destroy others, but not the newest.
    virtual void limit_large_answers(const Connection& newest) = 0;
    // It is over. Destroys the connection.
    virtual void drop(Connection& connection) = 0;
};

class Connection final : private Handler {
public:
    // Beyond this much unread answer a client's further commands wait.
    static constexpr size_t kMaxUnsent = 64 * 1024;
    // A single answer may be longer. More than this is the owner's to allow.
    static constexpr size_t kLargeAnswer = 2 * kMaxUnsent;
    static constexpr size_t kReadSize = 16 * 1024;
    // In a turn that has taken longer no more commands are executed, but for one of who was left
    // over by another turn.
    static constexpr std::chrono::milliseconds kLongTurn{5};
    // Pages are small, so that others get their turn; what a client is sent at once is not.
    static constexpr size_t kFrameSize = 32 * 1024;
    // A frame and one read more, and answers, but for a large one.
    static constexpr size_t kMaxHeld = kFrameHeaderSize + kMaxPayload + kReadSize + kLargeAnswer;

    // How long a client may owe the rest of a command, or leave an answer unread, while nothing
    // moves.
    static constexpr std::chrono::seconds kPatience{10};

    // Borrows the loop and the owner. Those of higher numbers connected later.
    Connection(EventLoop& loop, ConnectionOwner& owner, UniqueFd socket, Access access,
               uint64_t number);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    Status watch();

    // Each of these three may destroy this connection.
    // Says why and closes.
    void refuse(const Error& error);
    // Takes what has arrived unnoticed.
    void hear();
    // Goes on with what a turn left over, or the command that takes long.
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
    // When it connected, began or completed a command, or took some of an answer.
    EventLoop::Clock::time_point moved_at() const { return moved_at_; }
    void set_moved() { moved_at_ = loop_.now(); }

    Connections::iterator place;  // the owner's

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
    std::vector<std::string> long_command_;  // its words, until it is executed
    std::string unframed_;                   // pages for the next frame
    std::unique_ptr<Pages> pages_;           // of the command that is being answered
    ExitStatus pages_status_ = ExitStatus::kOk;
    bool waiting_ = false;  // the pages have nothing for now
    EventLoop::Clock::time_point moved_at_;
    TimerId patience_ = TimerId::kNone;
    bool is_to_be_resumed_ = false;
    bool reads_ = true;
    bool has_commanded_ = false;
    bool is_half_said_ = false;
    bool closing_ = false;
};

}  // namespace smcroute
