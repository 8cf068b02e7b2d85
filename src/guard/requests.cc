// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// How the guard serves its worker; the rest of it is in guard.cc.
#include <csignal>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "guard/guard.h"
#include "kernel/join_socket.h"
#include "os/memory_file.h"

namespace smcroute {

namespace {

// At most so many messages of one worker are taken in one turn.
constexpr int kMessagesPerTurn = 64;

}  // namespace

// A question ends the turn, so that signals are noticed however many messages there are.
void Guard::on_event(uint32_t /*events*/) {
    bool more = true;
    for (int i = 0; i < kMessagesPerTurn && more && worker_->trusted; ++i) {
        auto received = worker_->channel.receive(MessageSocket::kNone);
        if (!received) {
            // The worker is about to end, and the reason will follow. If it does not end, it is of
            // no use.
            loop_->unwatch(worker_->channel.fd());
            expect_end();
            return;
        }
        if (!*received) {
            return;
        }
        more = take_message(std::move(**received));
    }
}

// Messages sent before the worker ended count, whichever of the two we notice first.
void Guard::hear_out() {
    while (worker_->trusted) {
        auto received = worker_->channel.receive(MessageSocket::kNone);
        if (!received || !*received) {
            return;
        }
        (void)take_message(std::move(**received));
    }
}

// True if it was no question. A dead worker's question is not answered.
bool Guard::take_message(MessageSocket::Message&& message) {
    auto decoded = decode_message(message.bytes);
    if (!decoded) {
        distrust("sends an invalid message");
        return false;
    }
    const bool asks = is_question(*decoded);
    if (asks && worker_->ended) {
        return false;
    }
    std::visit(
        [&](const auto& kind) {
            using Kind = std::remove_cvref_t<decltype(kind)>;
            if constexpr (std::is_same_v<Kind, Hold>) {
                on_hold(kind, std::move(message.descriptors));
            } else if constexpr (requires { on(kind); }) {
                on(kind);
            } else {
                distrust("says what only the guard may say");
            }
        },
        *decoded);
    return !asks;
}

void Guard::distrust(std::string_view why) {
    log_err(compose("the worker {}, replacing it", why));
    worker_->trusted = false;
    loop_->unwatch(worker_->channel.fd());
    if (!worker_->ended) {
        kill(worker_->pid, SIGKILL);
    }
}

void Guard::answer(const Status& status, int descriptor, const std::string& remark) {
    tell(status ? Answer{ExitStatus::kOk, remark}
                : Answer{status.error().status, status.error().text},
         descriptor);
}

void Guard::answer_with(const Result<UniqueFd>& descriptor, const std::string& remark) {
    if (descriptor) {
        answer({}, descriptor->get(), remark);
    } else {
        answer(descriptor.error());
    }
}

// There is room for it; see guard/protocol.h. A worker that is gone is noticed elsewhere.
void Guard::tell(const GuardMessage& message, int descriptor) {
    const auto sent = worker_->channel.send(MessageSocket::kNone, encode_message(message),
                                            std::span(&descriptor, descriptor < 0 ? 0 : 1));
    if (!sent && sent.error().status != ExitStatus::kUnavailable && worker_->trusted) {
        distrust("does not read its messages");
    }
}

void Guard::on(const ReadFile& request) {
    const auto content = broker_.read(request.path);
    if (!content) {
        answer(content.error());
    } else if (!*content) {
        answer({});
    } else {
        answer_with(create_memory_file("configuration", **content), files_.doubt(request.path));
    }
}

void Guard::on(const FindFiles& request) {
    const auto names = broker_.glob(request.pattern);
    if (!names) {
        answer(names.error());
        return;
    }
    std::string text;
    for (const std::string& name : *names) {
        text.append(name.c_str(), name.size() + 1);
    }
    answer_with(create_memory_file("names", text));
}

void Guard::on(const OpenMrdisc& request) {
    const auto name = IfName::parse(request.name);
    if (!name) {
        distrust("gives an invalid interface name");
        return;
    }
    answer_with(open_mrdisc_socket(request.family, {.name = *name, .ifindex = request.ifindex}));
}

void Guard::on(const RunScript& request) {
    if (settings_.hook.empty()) {
        distrust("asks for a script, but none is configured");
        return;
    }
    const auto call = verified({request.word, request.source, request.group});
    if (!call) {
        distrust("asks for the script for something that is not a stream");
        return;
    }
    if (script_) {
        answer(
            Error{compose("cannot run {}: it still runs", settings_.hook), ExitStatus::kRefused});
        return;
    }
    const auto child = spawn_script(settings_.hook, *call);
    if (child) {
        script_ = *child;
        answer({});
    } else {
        answer(child.error());
    }
}

void Guard::on(const TouchPidFile& /*request*/) {
    answer(pid_file_ ? pid_file_->touch() : Status());
}

void Guard::on(const Ready& /*request*/) {
    if (worker_->state != Worker::State::kStarting) {
        distrust("says twice that it is ready");
        return;
    }
    const bool is_first = !pid_file_;
    if (is_first) {
        auto pid_file = PidFile::create(settings_.pid_file);
        if (!pid_file) {
            answer(pid_file.error());
            return;
        }
        pid_file_.emplace(std::move(*pid_file));
    }
    was_ready_ = true;
    worker_->state = Worker::State::kReady;
    previous_.reset();
    previous_command_.reset();
    // Log this before the worker can log that it was told to stop.
    log_notice(!is_first                 ? "another worker has taken over"
               : last_upgrade_.empty()   ? "smcroute is ready"
               : last_upgrade_ == "done" ? "smcroute has been upgraded"
                                         : "smcroute goes on as before the upgrade");
    // Answer before reporting to whoever started us: if we are killed then, the worker already
    // knows that it may go on routing.
    answer({});
    if (is_first) {
        end_start();
    }
    order_reload();
}

void Guard::end_start() {
    files_.expect_no_waiting();
    held_.store();
    start_.background.ready();
    open_log(settings_, start_.foreground, LogPhase::kRunning);
}

void Guard::on(const UpgradeRequest& /*request*/) { answer(prepare_upgrade()); }

void Guard::on_hold(const Hold& message, std::vector<UniqueFd>&& descriptors) {
    if (descriptors.size() != 1 || !join_socket_family(descriptors.front().get())) {
        distrust("hands over a descriptor that is not a socket for joins");
        return;
    }
    // A genuine worker stops at the ration, and only a few other descriptors are open here. A
    // worker that never stops gets no more than half of the rest.
    if (static_cast<size_t>(descriptors.front().get()) < (fd_limit_ + join_ration(fd_limit_)) / 2) {
        held_.hold(message.id, std::move(descriptors.front()));
    }
}

void Guard::on(const Release& message) { held_.release(message.id); }

void Guard::on(const Notify& message) {
    const bool has_started = worker_->state != Worker::State::kStarting;
    if (message.notice == Notice::kReloading && has_started) {
        // Whatever its result: if a worker dies of a reload, the reload is not tried again.
        reload_ordered_ = false;
        worker_->state = Worker::State::kReloading;
    } else if (message.notice == Notice::kReady && worker_->state == Worker::State::kReloading) {
        worker_->state = Worker::State::kReady;
        order_reload();
    }
    notifier_.tell(message.notice, message.status);
}

void Guard::on(const Finish& /*message*/) {
    finishing_ = true;
    held_.withdraw();
    expect_end();
}

}  // namespace smcroute
