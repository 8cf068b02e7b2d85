// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/session.h"

#include <cerrno>
#include <chrono>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "os/unix_socket.h"

namespace smcroute {

namespace {

constexpr std::chrono::milliseconds kPatience{3000};
constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 20'000'000};

Error lost() {
    return {"the daemon closed the connection before it answered", ExitStatus::kUnavailable};
}

void wait_readable(int fd) {
    pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
    while (poll(&entry, 1, -1) < 0 && errno == EINTR) {
    }
}

}  // namespace

Result<Session> Session::connect(const std::string& path) {
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
        auto socket = connect_unix(path);
        if (socket) {
            return Session(path, std::move(*socket));
        }
        if (socket.error().status != ExitStatus::kUnavailable ||
            std::chrono::steady_clock::now() >= give_up) {
            return socket.error();
        }
        nanosleep(&kPause, nullptr);
    }
}

Result<ExitStatus> Session::run(std::span<const std::string> words,
                                const std::function<void(const Frame&)>& take) {
    const auto payload = encode_words(words);
    if (!payload) {
        return payload.error();
    }
    if (const Status sent = send_all(encode_frame(FrameType::kCommand, *payload)); !sent) {
        return sent.error();
    }
    for (;;) {
        const auto frame = receive();
        if (!frame) {
            return frame.error();
        }
        if (frame->type == FrameType::kDone && frame->payload.size() == 1) {
            return static_cast<ExitStatus>(frame->payload[0]);
        }
        take(*frame);
    }
}

void Session::wait_for_end() const {
    const auto peer = peer_credentials(socket_.get());
    if (peer && peer->pid > 0) {
        const UniqueFd process(
            static_cast<int>(syscall(SYS_pidfd_open, static_cast<long>(peer->pid), 0)));
        if (process) {
            wait_readable(process.get());
            return;
        }
    }
    // Who called listen() may be gone before whoever serves us.
    wait_for_close();
}

void Session::wait_for_close() const {
    char byte = 0;
    ssize_t size = 0;
    do {
        size = recv(socket_.get(), &byte, 1, 0);
    } while (size > 0 || (size < 0 && errno == EINTR));
}

Status Session::reconnect() {
    wait_for_close();
    auto fresh = connect(path_);
    if (!fresh) {
        return fresh.error();
    }
    *this = std::move(*fresh);
    return {};
}

Status Session::send_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t size = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0 && (errno == EPIPE || errno == ECONNRESET)) {
            return {};  // the daemon may have said why it closed, so it is read first
        }
        if (size < 0 && errno != EINTR) {
            return lost();
        }
        bytes.remove_prefix(size > 0 ? static_cast<size_t>(size) : 0);
    }
    return {};
}

Result<Frame> Session::receive() {
    for (;;) {
        auto frame = decoder_.next();
        if (!frame) {
            return Error{cat({"the daemon's answer makes no sense: ", frame.error().text}),
                         ExitStatus::kSystem};
        }
        if (*frame) {
            return **frame;
        }
        if (wait_ && !wait_()) {
            socket_.reset();  // the rest of this answer shall not be taken for the next
            return Error{"the answer was not waited for", ExitStatus::kUnavailable};
        }
        char bytes[16 * 1024];
        const ssize_t size = recv(socket_.get(), bytes, sizeof bytes, 0);
        if (size > 0) {
            decoder_.push({bytes, static_cast<size_t>(size)});
        } else if (size == 0 || errno != EINTR) {
            return lost();
        }
    }
}

}  // namespace smcroute
