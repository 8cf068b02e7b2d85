// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// What the guard does for its worker; the rest of it is in guard.cc.
#include <array>
#include <csignal>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "guard/guard.h"
#include "os/memory_file.h"

namespace smcroute {

namespace {

using Patience = MessageSocket::Wait;

// Of one worker's messages so many are taken in one turn.
constexpr int kMessagesPerTurn = 64;

}  // namespace

void Guard::on_event(uint32_t /*events*/) {
    for (int i = 0; i < kMessagesPerTurn && worker_->trusted; ++i) {
        auto received = worker_->channel.receive(Patience::kNo);
        if (!received) {
            // It is about to end, and will say how. If it does not, it is of no use.
            loop_->unwatch(worker_->channel.fd());
            expect_end();
            return;
        }
        if (!*received) {
            return;
        }
        take_message(std::move(**received));
    }
}

// What it said before it ended counts, whichever of the two we are told of first.
void Guard::hear_out() {
    while (worker_->trusted) {
        auto received = worker_->channel.receive(Patience::kNo);
        if (!received || !*received) {
            return;
        }
        take_message(std::move(**received));
    }
}

void Guard::take_message(MessageSocket::Message&& message) {
    auto decoded = decode_message(message.bytes);
    if (!decoded) {
        distrust("sends what makes no sense");
        return;
    }
    std::visit(
        [&](const auto& kind) {
            using Kind = std::remove_cvref_t<decltype(kind)>;
            if constexpr (std::is_same_v<Kind, Hold>) {
                on_hold(kind, std::move(message.descriptors));
            } else if constexpr (requires { on(kind); }) {
                on(kind);
            } else {
                distrust("says what is the guard's to say");
            }
        },
        *decoded);
}

void Guard::distrust(std::string_view why) {
    log_err(cat({"the worker ", why, ", replacing it"}));
    worker_->trusted = false;
    loop_->unwatch(worker_->channel.fd());
    if (!worker_->ended) {
        kill(worker_->pid, SIGKILL);
    }
}

void Guard::answer(const Status& status, int descriptor) {
    const Answer answer = status ? Answer{} : Answer{status.error().status, status.error().text};
    const std::array descriptors = {descriptor};
    // A worker that does not take its answers is stopped or dead, which is noticed elsewhere.
    (void)worker_->channel.send(
        Patience::kNo, encode_message(answer),
        descriptor < 0 ? std::span<const int>() : std::span<const int>(descriptors));
}

void Guard::answer_with(const Result<UniqueFd>& descriptor) {
    if (descriptor) {
        answer({}, descriptor->get());
    } else {
        answer(descriptor.error());
    }
}

void Guard::tell(const GuardMessage& message) {
    // As in answer().
    (void)worker_->channel.send(Patience::kNo, encode_message(message));
}

void Guard::on(const ReadFile& request) {
    const auto content = desk_.read(request.path);
    if (!content) {
        answer(content.error());
    } else if (!*content) {
        answer({});
    } else {
        answer_with(create_memory_file("configuration", **content));
    }
}

void Guard::on(const FindFiles& request) {
    const auto names = desk_.glob(request.pattern);
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
        distrust("names no interface");
        return;
    }
    answer_with(open_mrdisc_socket(request.family, {.name = *name, .ifindex = request.ifindex}));
}

void Guard::on(const RunScript& request) {
    if (settings_.hook.empty() || worker_->script) {
        distrust("runs a script where there is none to run");
        return;
    }
    const auto child = spawn_script(settings_.hook, {request.word, request.source, request.group});
    if (child) {
        worker_->script = *child;
        answer({});
    } else {
        answer(child.error());
    }
}

void Guard::on(const TouchPidFile& /*request*/) {
    answer(pid_file_ ? pid_file_->touch() : Status());
}

void Guard::on(const Ready& /*request*/) {
    if (const Status status = report_ready(); !status) {
        answer(status);
        return;
    }
    was_ready_ = true;
    worker_->ready = true;
    previous_.reset();
    previous_command_.reset();
    holdings_.release_older();
    answer({});
    if (reload_ordered_) {
        tell(ReloadOrder{});
    }
}

Status Guard::report_ready() {
    if (pid_file_) {
        log_notice("another worker has taken over");
        return {};
    }
    auto pid_file = PidFile::create(settings_.pid_file);
    if (!pid_file) {
        return pid_file.error();
    }
    pid_file_.emplace(std::move(*pid_file));
    files_.expect_no_waiting();
    holdings_.store();
    log_notice(last_upgrade_.empty()     ? "smcroute is ready"
               : last_upgrade_ == "done" ? "smcroute has been upgraded"
                                         : "smcroute goes on as before the upgrade");
    start_.background.ready();
    open_log(settings_, start_.foreground, LogPhase::kRunning);
    return {};
}

void Guard::on(const UpgradeRequest& /*request*/) { answer(prepare_upgrade()); }

void Guard::on_hold(const Hold& message, std::vector<UniqueFd>&& descriptors) {
    if (descriptors.size() != 1) {
        distrust("has nothing to hold");
        return;
    }
    holdings_.hold(message.id, std::move(descriptors.front()));
}

void Guard::on(const Release& message) { holdings_.release(message.id); }

void Guard::on(const Notify& message) {
    if (message.notice == Notice::kReloading) {
        // Whatever becomes of it: a reload that a worker dies of is not tried again.
        reload_ordered_ = false;
        worker_->reloading = true;
    } else if (message.notice == Notice::kReady) {
        worker_->reloading = false;
    }
    notifier_.tell(message.notice, message.status);
}

void Guard::on(const Finish& /*message*/) {
    finishing_ = true;
    holdings_.withdraw();
    expect_end();
}

}  // namespace smcroute
