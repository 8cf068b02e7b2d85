// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "control/predecessor.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <span>

#include <poll.h>
#include <sys/socket.h>

#include "base/text.h"
#include "control/command.h"
#include "control/protocol.h"
#include "os/passing.h"
#include "os/process.h"
#include "os/unix_socket.h"

namespace smcroute {

namespace {

using Clock = std::chrono::steady_clock;
using State = Predecessor::State;

constexpr std::chrono::milliseconds kPatience{2000};
constexpr int kPauseMs = 5;

// One question, over one connection.
class Question {
public:
    Question(Predecessor& answer, Clock::time_point give_up) : answer_(answer), give_up_(give_up) {}

    // False if the connection ended first.
    bool ask(UniqueFd socket);

private:
    bool wait_for_more(int socket) const;
    std::optional<bool> take(const Frame& frame);
    void take_names(std::string_view names);

    Predecessor& answer_;
    const Clock::time_point give_up_;
    FrameDecoder decoder_;
    std::vector<UniqueFd> passed_;  // received before the frame that names them is whole
};

bool Question::ask(UniqueFd socket) {
    const std::string words = compose("{}{}", kHandOver, std::string_view("\0", 1));
    const std::string frame = encode_frame(FrameType::kCommand, words);
    answer_.state = State::kSilent;
    // A new socket has room for this; if the other end has closed it already, the code below
    // notices.
    (void)send(socket.get(), frame.data(), frame.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    for (;;) {
        const auto next = decoder_.next();
        if (!next) {
            return true;
        }
        if (*next) {
            if (const auto over = take(**next)) {
                return *over;
            }
            continue;
        }
        std::array<char, 16 * 1024> bytes;
        bool whole = true;
        if (!wait_for_more(socket.get())) {
            return true;
        }
        const ssize_t size =
            receive_passed(socket.get(), std::as_writable_bytes(std::span(bytes)), passed_, whole);
        if (size <= 0) {
            return false;
        }
        decoder_.push({bytes.data(), static_cast<size_t>(size)});
    }
}

bool Question::wait_for_more(int socket) const {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(give_up_ - Clock::now());
    pollfd entry{.fd = socket, .events = POLLIN, .revents = 0};
    return left.count() > 0 && poll(&entry, 1, static_cast<int>(left.count())) > 0;
}

// A value when the answer is complete.
std::optional<bool> Question::take(const Frame& frame) {
    if (frame.type == FrameType::kOut) {
        take_names(frame.payload);
    }
    if (frame.type != FrameType::kDone || frame.payload.size() != 1) {
        return std::nullopt;
    }
    const auto status = static_cast<ExitStatus>(frame.payload[0]);
    answer_.state = status == ExitStatus::kOk            ? State::kHandsOver
                    : status == ExitStatus::kUnavailable ? State::kRuns
                                                         : State::kSilent;
    return true;
}

// A message's descriptors arrive with its bytes. If some did not fit in, the names are trusted for
// none of them.
void Question::take_names(std::string_view names) {
    if (static_cast<size_t>(std::count(names.begin(), names.end(), '\n')) == passed_.size()) {
        for (UniqueFd& fd : passed_) {
            const size_t size = names.find('\n');
            answer_.descriptors.emplace_back(names.substr(0, size), std::move(fd));
            names.remove_prefix(size + 1);
        }
    }
    passed_.clear();
}

}  // namespace

bool is_worker(pid_t process) { return process > 0 && process_name(process) == kWorkerName; }

// If the other end ends before it answers, it is about to be gone, or to be replaced by another.
Predecessor ask_predecessor(const std::string& socket) {
    const auto give_up = Clock::now() + kPatience;
    for (;;) {
        Predecessor predecessor;
        auto connection = connect_unix(socket, Connecting::kAtOnce);
        if (!connection) {
            // A full queue shows that somebody listens.
            predecessor.state =
                connection.error().status == ExitStatus::kPending ? State::kSilent : State::kNone;
            return predecessor;
        }
        const auto peer = peer_credentials(connection->get());
        predecessor.pid = peer ? peer->pid : 0;
        if (Question(predecessor, give_up).ask(std::move(*connection)) || Clock::now() >= give_up) {
            return predecessor;
        }
        poll(nullptr, 0, kPauseMs);
    }
}

Error in_the_way(const Predecessor& predecessor, const std::string& socket) {
    const std::string process = predecessor.pid > 0 ? compose("process {}, ", predecessor.pid) : "";
    const std::string where = compose(" ({}socket {})", process, socket);
    const std::string why =
        predecessor.state == State::kRuns
            ? compose(
                  "smcroute runs already{}; for another one beside it give it a name and a table "
                  "of its own (-i NAME -t ID)",
                  where)
        : predecessor.state == State::kHandsOver
            ? compose(
                  "the worker of a guard that was killed routes on{}; without --single it is taken "
                  "over, and -k ends it",
                  where)
        : ends_within(predecessor.pid, {})
            ? compose(
                  "the worker of a guard that was killed does not answer (socket {}), and we may "
                  "not look into it; end it (pkill -KILL {}) and start again",
                  socket, kWorkerName)
            : compose("the daemon does not answer{}; end it (kill -KILL) and start again", where);
    return {compose("cannot start: {}", why), ExitStatus::kUnavailable};
}

}  // namespace smcroute
