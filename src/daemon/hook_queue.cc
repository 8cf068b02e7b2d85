// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

#include "daemon/hook_queue.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace smcroute {

namespace {

std::string_view word_of(const std::optional<Flow>& call) { return call ? "install" : "reload"; }

}  // namespace

HookQueue::HookQueue(std::string command, Spawn spawn)
    : command_(std::move(command)), spawn_(spawn) {}

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
            log_warning(cat({command_, ": ", count_of(kCapacity, "call"),
                             " waiting already, dropping further ones"}));
        }
        return;
    }
    waiting_.push_back(call);
    start_next();
}

void HookQueue::start_next() {
    while (!running_ && !waiting_.empty()) {
        current_ = waiting_.front();
        waiting_.pop_front();
        const auto child = start(current_);
        if (child) {
            running_ = *child;
        } else {
            log_err(child.error().text);
        }
    }
    if (waiting_.empty() && dropped_ > 0) {
        log_warning(cat({command_, ": ", count_of(std::exchange(dropped_, 0), "call"),
                         " dropped while the queue was full"}));
    }
}

Result<pid_t> HookQueue::start(const Call& call) const {
    EnvironmentOverrides environment;
    if (call) {
        environment = {{"source", to_string(call->source)}, {"group", to_string(call->group)}};
    }
    return spawn_(command_, {std::string(word_of(call))}, environment);
}

void HookQueue::on_exit(const ExitedChild& child) {
    if (running_ != child.pid) {
        return;
    }
    running_.reset();
    if (child.status != 0) {
        log_warning(cat({command_, " ", word_of(current_), " ", describe_exit(child.status)}));
    }
    start_next();
}

}  // namespace smcroute
