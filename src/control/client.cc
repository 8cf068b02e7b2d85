// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/client.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "control/command.h"
#include "control/protocol.h"
#include "os/unix_socket.h"

namespace smcroute {

namespace {

constexpr std::chrono::milliseconds kConnectPatience{3000};
constexpr timespec kWaitPause{.tv_sec = 0, .tv_nsec = 50'000'000};
constexpr timespec kConnectPause{.tv_sec = 0, .tv_nsec = 20'000'000};

void print_error(const Error& error) { fprintf(stderr, "smcroute: %s\n", error.text.c_str()); }

Result<UniqueFd> connect_patiently(const std::string& path) {
    const auto give_up = std::chrono::steady_clock::now() + kConnectPatience;
    for (;;) {
        auto socket = connect_unix(path);
        if (socket || socket.error().status != ExitStatus::kUnavailable ||
            std::chrono::steady_clock::now() >= give_up) {
            return socket;
        }
        nanosleep(&kConnectPause, nullptr);
    }
}

class Session {
public:
    explicit Session(UniqueFd socket) : socket_(std::move(socket)) {}

    // Sends one command and prints its answer as it comes.
    Result<ExitStatus> run(std::span<const std::string> words) {
        return talk(words, [](const Frame& frame) { print(frame); });
    }

    // An answer kept back.
    struct Answer {
        ExitStatus status = ExitStatus::kOk;
        std::vector<Frame> frames;
    };
    Result<Answer> ask(std::span<const std::string> words) {
        Answer answer;
        const auto status =
            talk(words, [&answer](const Frame& frame) { answer.frames.push_back(frame); });
        if (!status) {
            return status.error();
        }
        answer.status = *status;
        return answer;
    }
    static ExitStatus show(const Answer& answer) {
        for (const Frame& frame : answer.frames) {
            print(frame);
        }
        return answer.status;
    }

    // Waits for the daemon's process to end; where the kernel or a process namespace does not let
    // us see it, for the end of the connection, which it closes last.
    void wait_for_end() const {
        const auto peer = peer_credentials(socket_.get());
        if (peer && peer->pid > 0) {
            const UniqueFd process(
                static_cast<int>(syscall(SYS_pidfd_open, static_cast<long>(peer->pid), 0)));
            if (process) {
                wait_readable(process.get());
                return;
            }
            if (errno == ESRCH) {
                return;
            }
        }
        char byte = 0;
        while (recv(socket_.get(), &byte, 1, 0) > 0 || errno == EINTR) {
        }
    }

private:
    template <typename Take>
    Result<ExitStatus> talk(std::span<const std::string> words, Take take) {
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

    static void wait_readable(int fd) {
        pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
        while (poll(&entry, 1, -1) < 0 && errno == EINTR) {
        }
    }

    static void print(const Frame& frame) {
        if (frame.type == FrameType::kOut) {
            fwrite(frame.payload.data(), 1, frame.payload.size(), stdout);
        } else if (frame.type == FrameType::kErr) {
            fflush(stdout);
            fwrite(frame.payload.data(), 1, frame.payload.size(), stderr);
        }
    }

    Status send_all(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t size = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (size < 0 && errno != EINTR) {
                return lost();
            }
            bytes.remove_prefix(size > 0 ? static_cast<size_t>(size) : 0);
        }
        return {};
    }

    Result<Frame> receive() {
        for (;;) {
            auto frame = decoder_.next();
            if (!frame) {
                return Error{cat({"the daemon's answer makes no sense: ", frame.error().text}),
                             ExitStatus::kSystem};
            }
            if (*frame) {
                return std::move(**frame);
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

    static Error lost() {
        return {"the daemon closed the connection before it answered", ExitStatus::kUnavailable};
    }

    UniqueFd socket_;
    FrameDecoder decoder_;
};

// Null if the words are no such command.
template <typename Kind>
std::optional<Kind> parsed_as(const std::vector<std::string>& words) {
    const auto command = parse_command(words);
    const Kind* const kind = command ? std::get_if<Kind>(&*command) : nullptr;
    return kind == nullptr ? std::nullopt : std::optional(*kind);
}

// Asks again until nothing is pending or the time is up; the last answer is the one to show.
Result<ExitStatus> wait_until_settled(Session& session, const std::vector<std::string>& words,
                                      const Wait& wait) {
    const auto start = std::chrono::steady_clock::now();
    for (;;) {
        const auto answer = session.ask(words);
        const bool last = wait.limit && std::chrono::steady_clock::now() - start >= *wait.limit;
        if (!answer || answer->status != ExitStatus::kPending || last) {
            return answer ? Result<ExitStatus>(Session::show(*answer)) : answer.error();
        }
        nanosleep(&kWaitPause, nullptr);
    }
}

}  // namespace

ExitStatus run_client(const std::string& socket_path,
                      std::span<const std::vector<std::string>> commands) {
    auto socket = connect_patiently(socket_path);
    if (!socket) {
        print_error(socket.error());
        return socket.error().status;
    }
    Session session(std::move(*socket));
    ExitStatus first_failure = ExitStatus::kOk;
    for (const std::vector<std::string>& words : commands) {
        const auto wait = parsed_as<Wait>(words);
        const auto status = wait ? wait_until_settled(session, words, *wait) : session.run(words);
        if (!status) {
            print_error(status.error());
            return first_failure == ExitStatus::kOk ? status.error().status : first_failure;
        }
        if (first_failure == ExitStatus::kOk) {
            first_failure = *status;
        }
        if (*status == ExitStatus::kOk && parsed_as<Kill>(words)) {
            session.wait_for_end();
            break;
        }
    }
    return first_failure;
}

}  // namespace smcroute
