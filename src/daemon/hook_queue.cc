// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/hook_queue.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "os/child.h"

namespace smcroute {

HookQueue::HookQueue(std::string command, EventFeed& events, ScriptRunner& runner)
    : command_(std::move(command)),
      events_(events),
      runner_(runner),
      running_(runner.is_running()) {}

void HookQueue::reloaded() {
    const auto is_reload = [](const Call& call) { return !call; };
    if (std::none_of(waiting_.begin(), waiting_.end(), is_reload)) {
        push(std::nullopt);
    }
}

void HookQueue::installed(const Flow& flow) { push(flow); }

void HookQueue::push(const Call& call) {
    if (command_.empty()) {
        return;
    }
    if (waiting_.size() >= kCapacity) {
        if (dropped_++ == 0) {
            log_warning(compose("{}: {} waiting already, dropping further ones", command_,
                                count_of(kCapacity, "call")));
        }
        return;
    }
    waiting_.push_back(call);
    start_next();
}

void HookQueue::start_next() {
    while (!running_ && !waiting_.empty()) {
        const ScriptCall call = script_call(waiting_.front());
        waiting_.pop_front();
        word_ = call.word;
        const Status started = runner_.start(call);
        running_ = static_cast<bool>(started);
        if (!started) {
            report(LogLevel::kErr, started.error().text);
        }
    }
    if (waiting_.empty() && dropped_ > 0) {
        log_warning(compose("{}: {} dropped while the queue was full", command_,
                            count_of(std::exchange(dropped_, 0), "call")));
    }
}

void HookQueue::on_exit(int wait_status) {
    if (!running_) {
        return;
    }
    running_ = false;
    if (wait_status != 0) {
        report(LogLevel::kWarning, compose("{}{}{} {}", command_, word_.empty() ? "" : " ", word_,
                                           describe_exit(wait_status)));
    }
    start_next();
}

void HookQueue::report(LogLevel level, const std::string& failure) {
    log_line(level, failure);
    events_.record({.what = "hook-failed", .detail = failure});
}

}  // namespace smcroute
