// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Session: a client's connection to the daemon. Sends commands, hands over what comes back. Waits;
// only the client uses it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "base/result.h"
#include "control/protocol.h"
#include "os/unique_fd.h"

namespace smcroute {

class Session {
public:
    static constexpr std::chrono::seconds kPatience{3};
    // Nobody waits longer for a byte of an answer.
    static constexpr std::chrono::seconds kAnswersWithin{10};
    // Who sits at a terminal is told by then what we wait for.
    static constexpr std::chrono::seconds kTellsAfter{1};

    // Waits for a daemon to be there, so long at most.
    static Result<Session> connect(const std::string& path,
                                   std::chrono::milliseconds patience = kPatience);

    using TakeFrame = std::function<void(const Frame&)>;
    // Sends one command and gives each kOut and kErr frame of its answer to `take` as it comes.
    Result<ExitStatus> run(std::span<const std::string> words, const TakeFrame& take);

    // The same in two steps: several commands may be on their way, and are answered in their order.
    // Their answers must have room in the socket, since nobody reads them meanwhile. What is queued
    // is sent with the next answer that is asked for.
    Status queue(std::span<const std::string> words);
    Result<ExitStatus> take_answer(const TakeFrame& take);

    // Waits for the daemon's process to end; where the kernel or a process namespace does not let
    // us see it, for the end of the connection, which it closes last. The error is that it does
    // not.
    Status wait_for_end() const;

    // Whether a worker whose guard has died is at the other end.
    bool is_with_orphan() const;

    // Waits for the end of this connection, and connects to whoever listens then.
    Status reconnect();

    // To watch for reading: what arrives while no answer is due is the end of the connection.
    int fd() const { return socket_.get(); }
    // Called before each read of an answer, to wait for it in a way of one's own, with a limit of
    // one's own. An error gives up the answer, and with it the session.
    void wait_with(std::function<Status()> wait) { wait_ = std::move(wait); }

    // The process that listens; 0 where it is not known.
    pid_t daemon() const;
    // "the daemon (process 12)"
    std::string daemon_name() const;
    // That it has not answered in time, and what to do.
    Error no_answer() const;

private:
    Session(std::string path, UniqueFd socket)
        : path_(std::move(path)), socket_(std::move(socket)) {}

    // Not without an end, nor for long without a word.
    Status wait_readable(int fd) const;
    Status wait_for_close() const;
    Status send_queued();
    Result<Frame> receive();

    std::string path_;
    UniqueFd socket_;
    FrameDecoder decoder_;
    std::string queued_;
    std::function<Status()> wait_;
};

}  // namespace smcroute
