// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// HookQueue: runs the operator's script (-e CMD) without ever waiting for it (SPEC R42). Calls are
// made in order, one process at a time; the child's exit starts the next. The queue is bounded:
// calls that do not fit are counted and logged; it never blocks and never takes more memory.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "base/log.h"
#include "daemon/event_feed.h"
#include "daemon/hooks.h"
#include "daemon/script.h"

namespace smcroute {

class HookQueue final : public Hooks {
public:
    static constexpr size_t kCapacity = 1024;

    // Borrows the feed and the runner. An empty command runs nothing.
    HookQueue(std::string command, EventFeed& events, ScriptRunner& runner);

    void reloaded() override;
    void installed(const Flow& flow) override;

    // The script started last has ended with this waitpid() status.
    void on_exit(int wait_status);

private:
    // Without a flow it is a reload.
    using Call = std::optional<Flow>;

    void push(const Call& call);
    void start_next();
    void report(LogLevel level, const std::string& failure);

    std::string command_;
    EventFeed& events_;
    ScriptRunner& runner_;
    std::deque<Call> waiting_;
    bool running_;
    std::string word_;  // of the running script; empty for a predecessor's
    size_t dropped_ = 0;
};

}  // namespace smcroute
