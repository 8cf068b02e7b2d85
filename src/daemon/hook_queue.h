// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// HookQueue: runs the operator's script (-e CMD) without ever waiting for it (SPEC R42). Calls are
// made in order, one process at a time; the child's exit starts the next. The queue is bounded:
// what does not fit is counted and logged, never blocks and never takes more memory.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "daemon/hooks.h"
#include "os/child.h"

namespace smcroute {

class HookQueue final : public Hooks {
public:
    // Starts a process for one call; os/child's spawn() but in tests.
    using Spawn = Result<pid_t> (*)(const std::string& command,
                                    const std::vector<std::string>& arguments,
                                    const EnvironmentOverrides& environment);
    static constexpr size_t kCapacity = 1024;

    // An empty command runs nothing.
    explicit HookQueue(std::string command, Spawn spawn = &smcroute::spawn);

    void reloaded() override;
    void installed(const Flow& flow) override;

    // One of our children, or somebody else's if we are process 1, has ended.
    void on_exit(const ExitedChild& child);

private:
    // A reload where there is no flow.
    using Call = std::optional<Flow>;

    void push(const Call& call);
    void start_next();
    Result<pid_t> start(const Call& call) const;

    std::string command_;
    Spawn spawn_;
    std::deque<Call> waiting_;
    std::optional<pid_t> running_;
    Call current_;
    size_t dropped_ = 0;
};

}  // namespace smcroute
