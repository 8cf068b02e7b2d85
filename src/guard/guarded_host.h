// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// GuardedHost: the worker's Host, which asks the guard for everything (guard/protocol.h).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/host.h"
#include "guard/protocol.h"
#include "guard/worker.h"

namespace smcroute {

class GuardedHost final : public Host,
                          private Handler,
                          private FileSource,
                          private JoinSockets,
                          private MrdiscSockets {
public:
    // `null` is /dev/null: after ready() it replaces the terminal, unless we stay in the
    // foreground.
    GuardedHost(const ServiceSettings& settings, WorkerStart start, UniqueFd null,
                GroupLists group_lists);

    const HostFacts& facts() const override { return start_.facts; }
    Status attach(EventLoop& loop, HostEvents& events) override;
    Result<RoutingSockets> routing_sockets() override;
    Result<Listener> listener() override;
    FileSource& files() override { return *this; }
    JoinSockets& join_sockets() override { return *this; }
    MrdiscSockets& mrdisc_sockets() override { return *this; }
    Status ready() override;
    Status touch_pid_file() override;
    void finish() override;
    Status upgrade() override;
    Result<std::vector<NamedDescriptor>> hand_over() override;
    void notify(Notice notice, std::string_view status) override;
    Status start(const ScriptCall& call) override;
    bool is_running() const override { return start_.script_runs; }

private:
    class HeldJoinSocket;

    Result<std::optional<std::string>> read(const std::string& path) override;
    std::vector<std::string> glob(const std::string& pattern) override;
    std::string doubt(const std::string& /*path*/) override { return remark_; }
    Result<std::unique_ptr<JoinSocket>> open(Family family, uint32_t id) override;
    JoinLegacy inherited() override;
    std::optional<GroupUsers> group_users(Family family) override {
        return group_lists_.read(family);
    }
    Result<std::unique_ptr<MrdiscSocket>> open(Family family, const Interface& interface) override;
    void on_event(uint32_t events) override;

    // Asks and waits. Returns the descriptor that came with the answer, if any.
    Result<UniqueFd> ask(const GuardMessage& question);
    void tell(const GuardMessage& message, std::span<const int> descriptors = {});
    bool hear();
    Result<bool> take_next();
    void take(const GuardMessage& message);
    void carry_out_later();
    void carry_out_order();
    MessageSocket::Patience patience() const;
    void lose_guard();
    // How the guard is gone, and what to do.
    std::string gone() const;
    Error no_answer() const;

    const ServiceSettings& settings_;
    WorkerStart start_;
    UniqueFd null_;
    GroupLists group_lists_;
    EventLoop* loop_ = nullptr;  // set once attached, like events_; destroyed before us
    HostEvents* events_ = nullptr;
    // Orders still to be carried out. Several equal ones count as one.
    std::optional<StopOrder> stop_;
    std::optional<ScriptEnded> script_ended_;
    bool reload_ = false;
    TimerId later_ = TimerId::kNone;
    bool answer_due_ = false;  // an answer is still due that we stopped waiting for
    bool is_deaf_ = false;     // the guard does not take our messages
    std::string remark_;       // came with the last answer
    // The descriptors we gave away that stay open: a later guard would need them.
    std::vector<NamedDescriptor> given_;
    std::map<uint32_t, int> join_sockets_;
    bool ready_ = false;   // before that we wait for the guard as long as it takes
    bool ending_ = false;  // we tell the guard of no more releases
    bool alone_ = false;   // the guard is gone
};

}  // namespace smcroute
