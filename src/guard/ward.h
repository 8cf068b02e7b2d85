// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// Ward: the worker's Host, which asks the guard for everything (guard/protocol.h).
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "daemon/host.h"
#include "guard/protocol.h"
#include "guard/worker.h"

namespace smcroute {

class Ward final : public Host,
                   private Handler,
                   private FileSource,
                   private JoinSockets,
                   private MrdiscSockets {
public:
    // `null` is /dev/null: after ready() the terminal is left for it, unless we are to stay there.
    Ward(const ServiceSettings& settings, WorkerStart start, UniqueFd null);

    Status attach(EventLoop& loop, Orders& orders) override;
    Result<RoutingSockets> routing_sockets() override { return std::move(start_.routing); }
    Result<Listener> listener() override;
    FileSource& files() override { return *this; }
    EstateFiles estate() const override { return start_.estate; }
    JoinSockets& join_sockets() override { return *this; }
    MrdiscSockets& mrdisc_sockets() override { return *this; }
    Status ready() override;
    Status touch_pid_file() override;
    void finish() override;
    Status upgrade() override;
    std::string last_upgrade() const override { return start_.last_upgrade; }
    pid_t pid() const override { return start_.guard_pid; }
    const ControlAccess& access() const override { return start_.access; }
    bool has_manager() const override { return start_.has_manager; }
    void notify(Notice notice, std::string_view status) override;
    std::optional<std::chrono::microseconds> watchdog_interval() const override {
        return start_.watchdog_interval;
    }
    Status start(const ScriptCall& call) override;

private:
    class HeldJoinSocket;

    Result<std::optional<std::string>> read(const std::string& path) override;
    std::vector<std::string> glob(const std::string& pattern) override;
    Result<std::unique_ptr<JoinSocket>> open(Family family) override;
    Result<std::unique_ptr<MrdiscSocket>> open(Family family, const Interface& interface) override;
    void on_event(uint32_t events) override;

    // Asks and waits. The descriptor that came along, if any.
    Result<UniqueFd> ask(const GuardMessage& question);
    void tell(const GuardMessage& message, std::span<const int> descriptors = {});
    void carry_out_later();
    void carry_out_orders();
    void lose_guard();

    const ServiceSettings& settings_;
    WorkerStart start_;
    UniqueFd null_;
    EventLoop* loop_ = nullptr;  // this and the next once attached, gone before us
    Orders* orders_ = nullptr;
    std::deque<GuardMessage> waiting_;  // orders that came while we waited for an answer
    TimerId later_ = TimerId::kNone;
    uint32_t last_held_ = 0;
    bool ending_ = false;  // what the guard holds is its own affair now
};

}  // namespace smcroute
