// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Session: a client's connection to the daemon. Sends commands, hands over what comes back. Waits;
// only the client uses it.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "control/protocol.h"
#include "os/unique_fd.h"

namespace smcroute {

class Session {
public:
    // Waits up to three seconds for a daemon to be there.
    static Result<Session> connect(const std::string& path);

    // Sends one command and gives each kOut and kErr frame of its answer to `take` as it comes.
    Result<ExitStatus> run(std::span<const std::string> words,
                           const std::function<void(const Frame&)>& take);

    // Waits for the daemon's process to end; where the kernel or a process namespace does not let
    // us see it, for the end of the connection, which it closes last.
    void wait_for_end() const;

    // Waits for the end of this connection, and connects to whoever listens then.
    Status reconnect();

    // To watch for reading: what arrives while no answer is due is the end of the connection.
    int fd() const { return socket_.get(); }
    // Called before each read of an answer, to wait for it in a way of one's own. False gives up
    // the answer, and with it the session.
    void wait_with(std::function<bool()> wait) { wait_ = std::move(wait); }

private:
    Session(std::string path, UniqueFd socket)
        : path_(std::move(path)), socket_(std::move(socket)) {}

    void wait_for_close() const;
    Status send_all(std::string_view bytes);
    Result<Frame> receive();

    std::string path_;
    UniqueFd socket_;
    FrameDecoder decoder_;
    std::function<bool()> wait_;
};

}  // namespace smcroute
