// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/session.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "control/predecessor.h"
#include "os/file.h"
#include "os/io.h"
#include "os/unix_socket.h"

namespace smcroute {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 20'000'000};

Error lost() {
    return {"the daemon closed the connection before it answered", ExitStatus::kUnavailable};
}

bool becomes_readable(int fd, milliseconds within) {
    const auto give_up = Clock::now() + within;
    for (;;) {
        const auto left = std::chrono::ceil<milliseconds>(give_up - Clock::now());
        pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
        const int count = poll(&entry, 1, std::max(0, static_cast<int>(left.count())));
        if (count >= 0 || errno != EINTR) {
            return count > 0;
        }
    }
}

// Only if a user waits at a terminal.
void tell_of_wait(const std::string& what) {
    if (isatty(STDERR_FILENO) == 1) {
        fprintf(stderr, "smcroute: waiting for %s\n", what.c_str());
    }
}

bool is_stopped(pid_t process) {
    const auto stat = read_file(compose("/proc/{}/stat", process), 4096);
    const std::string text = stat ? stat->value_or("") : "";
    const size_t end = text.rfind(") ");
    return end != text.npos && text.compare(end + 2, 1, "T") == 0;
}

}  // namespace

Result<Session> Session::connect(const std::string& path, milliseconds patience) {
    const auto start = Clock::now();
    bool told = false;
    for (;;) {
        auto socket = connect_unix(path);
        if (socket) {
            return Session(path, std::move(*socket));
        }
        if (socket.error().status == ExitStatus::kPending) {
            return Error{socket.error().text, ExitStatus::kUnavailable};
        }
        const auto waited = Clock::now() - start;
        if (socket.error().status != ExitStatus::kUnavailable || waited >= patience) {
            return socket.error();
        }
        if (!told && waited >= kTellsAfter) {
            told = true;
            tell_of_wait(compose("a daemon at {}", path));
        }
        nanosleep(&kPause, nullptr);
    }
}

pid_t Session::daemon() const {
    const auto peer = peer_credentials(socket_.get());
    return peer ? peer->pid : 0;
}

std::string Session::daemon_name() const {
    const pid_t pid = daemon();
    return pid > 0 ? compose("the daemon (process {})", pid) : "the daemon";
}

// The process that we know is the one that called listen().
Error Session::no_answer() const {
    const pid_t pid = daemon();
    const std::string number = std::to_string(pid);
    const std::string remedy = pid <= 0 ? ""
                               : is_stopped(pid)
                                   ? compose(" (it is stopped: kill -CONT {})", number)
                                   : compose(" (kill -KILL {} ends it)", number);
    return {compose("{} does not answer{}", daemon_name(), remedy), ExitStatus::kUnavailable};
}

Status Session::wait_readable(int fd) const {
    if (becomes_readable(fd, kTellsAfter)) {
        return {};
    }
    tell_of_wait(daemon_name());
    return becomes_readable(fd, kAnswersWithin - kTellsAfter) ? Status() : no_answer();
}

Result<ExitStatus> Session::run(std::span<const std::string> words, const TakeFrame& take) {
    const Status queued = queue(words);
    return queued ? take_answer(take) : Result<ExitStatus>(queued.error());
}

Status Session::queue(std::span<const std::string> words) {
    const auto payload = encode_words(words);
    if (!payload) {
        return payload.error();
    }
    queued_ += encode_frame(FrameType::kCommand, *payload);
    return {};
}

Result<ExitStatus> Session::take_answer(const TakeFrame& take) {
    if (const Status sent = send_queued(); !sent) {
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

Status Session::wait_for_end() const {
    if (const pid_t pid = daemon(); pid > 0) {
        const UniqueFd process(
            static_cast<int>(syscall(SYS_pidfd_open, static_cast<long>(pid), 0)));
        if (process) {
            return wait_readable(process.get());
        }
    }
    // The process that called listen() may be gone before the one that serves us.
    return wait_for_close();
}

bool Session::is_with_orphan() const {
    const auto peer = peer_credentials(socket_.get());
    return peer && is_worker(peer->pid);
}

Status Session::wait_for_close() const {
    char byte = 0;
    do {
        if (Status status = wait_readable(socket_.get()); !status) {
            return status;
        }
    } while (retry([&] { return recv(socket_.get(), &byte, 1, 0); }) > 0);
    return {};
}

Status Session::reconnect() {
    if (Status status = wait_for_close(); !status) {
        return status;
    }
    auto fresh = connect(path_);
    if (!fresh) {
        return fresh.error();
    }
    *this = std::move(*fresh);
    return {};
}

Status Session::send_queued() {
    const std::string all = std::exchange(queued_, {});
    std::string_view bytes = all;
    while (!bytes.empty()) {
        const ssize_t size =
            retry([&] { return send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
        if (size < 0 && (errno == EPIPE || errno == ECONNRESET)) {
            return {};  // the daemon may have said why it closed: read that first
        }
        if (size < 0 && errno == EAGAIN) {
            return no_answer();
        }
        if (size < 0) {
            return lost();
        }
        bytes.remove_prefix(static_cast<size_t>(size));
    }
    return {};
}

Result<Frame> Session::receive() {
    for (;;) {
        auto frame = decoder_.next();
        if (!frame) {
            return Error{compose("invalid answer from the daemon: {}", frame.error().text),
                         ExitStatus::kSystem};
        }
        if (*frame) {
            return **frame;
        }
        if (const Status waited = wait_ ? wait_() : wait_readable(socket_.get()); !waited) {
            socket_.reset();  // the rest of this answer must not be taken for the next one
            return waited.error();
        }
        char bytes[16 * 1024];
        const ssize_t size = retry([&] { return recv(socket_.get(), bytes, sizeof bytes, 0); });
        if (size <= 0) {
            return lost();
        }
        decoder_.push({bytes, static_cast<size_t>(size)});
    }
}

}  // namespace smcroute
