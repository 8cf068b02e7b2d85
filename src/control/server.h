// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Server: the daemon's end of the control socket. Many clients at once, none of which can delay
// another or the routing: nothing blocks, each turn serves a connection only so far, what a client
// does not read stops its own commands, and when there are too many connections the one that has
// been silent longest is closed.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
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
    static constexpr size_t kMaxUnsent = 256 * 1024;
    // So many commands of one connection are executed before others have their turn.
    static constexpr int kCommandsPerTurn = 64;

    // Borrows the loop and the handler.
    static Result<std::unique_ptr<Server>> create(EventLoop& loop, Listener listener,
                                                  const ControlAccess& access,
                                                  CommandHandler& handler);
    ~Server() override;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

private:
    class Connection;
    using Connections = std::list<std::unique_ptr<Connection>>;

    Server(EventLoop& loop, Listener listener, ControlAccess access, CommandHandler& handler);

    Result<Access> admission(int fd) const;
    // Of a command that changes something, to one who may only read.
    Error refusal(std::string_view word) const;

    void on_event(uint32_t events) override;
    void admit(UniqueFd socket);
    void drop(Connection& connection);
    void touch(Connection& connection);

    EventLoop& loop_;
    Listener listener_;
    ControlAccess access_;
    CommandHandler& handler_;
    Connections connections_;  // the longest silent first
};

}  // namespace smcroute
