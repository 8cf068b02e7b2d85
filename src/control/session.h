// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Session: a client's connection to the daemon. It sends commands and passes on the answers. It
// waits; only the client uses it.
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
    // The longest wait for a byte of an answer.
    static constexpr std::chrono::seconds kAnswersWithin{10};
    // After this a user at a terminal is told what we wait for.
    static constexpr std::chrono::seconds kTellsAfter{1};

    // Waits for a daemon to be there, at most this long.
    static Result<Session> connect(const std::string& path,
                                   std::chrono::milliseconds patience = kPatience);

    using TakeFrame = std::function<void(const Frame&)>;
    // Sends one command and gives each kOut and kErr frame of its answer to `take` as it comes.
    Result<ExitStatus> run(std::span<const std::string> words, const TakeFrame& take);

    // The same in two steps: several commands may be under way, and are answered in order. Their
    // answers must fit into the socket, since nobody reads them meanwhile. Queued commands are sent
    // when the next answer is asked for.
    Status queue(std::span<const std::string> words);
    Result<ExitStatus> take_answer(const TakeFrame& take);

    // Waits for the daemon's process to end. If the kernel or a process namespace does not let us
    // see it, waits for the end of the connection, which the daemon closes last. The error means
    // that it does not end.
    Status wait_for_end() const;

    // Whether the other end is a worker whose guard has died.
    bool is_with_orphan() const;

    // Waits for the end of this connection, and connects to whoever listens then.
    Status reconnect();

    // To watch for reading: if it is readable while no answer is due, the connection has ended.
    int fd() const { return socket_.get(); }
    // Called before each read of an answer, to replace the usual wait and its limit. An error gives
    // up the answer, and with it the session.
    void wait_with(std::function<Status()> wait) { wait_ = std::move(wait); }

    // The process that listens; 0 if it is not known.
    pid_t daemon() const;
    // "the daemon (process 12)"
    std::string daemon_name() const;
    // The error that it has not answered in time, and what to do.
    Error no_answer() const;

private:
    Session(std::string path, UniqueFd socket)
        : path_(std::move(path)), socket_(std::move(socket)) {}

    // Waits, but not for ever, and not for long without telling the user.
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
