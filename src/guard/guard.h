// SPDX-License-Identifier: ISC
// Copyright (c) 2026 The smcroute developers

// The guard: the process that the pid file names. It opens what needs privileges, keeps a duplicate
// of everything whose loss would end forwarding, and starts a worker that routes without
// privileges. When a worker dies the kernel forwards on, since the guard holds the sockets, and the
// next worker takes over what is there. The guard parses nothing from the network or from a client;
// guard/protocol.h defines what its worker may ask for, requests.cc handles it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/file_system.h"
#include "daemon/service.h"
#include "guard/file_broker.h"
#include "guard/held_descriptors.h"
#include "guard/protocol.h"
#include "guard/restart_policy.h"
#include "os/background.h"
#include "os/message_socket.h"
#include "os/pidfile.h"

namespace smcroute {

// As run_alone(), in two processes. In the worker this does not return. `arguments` are those of
// the command line, for the program that replaces this one in an upgrade.
ExitStatus run_guard(const ServiceSettings& settings, std::span<const std::string> arguments);

class Guard final : private Handler {
public:
    struct Start {
        Background& background;
        bool foreground = false;
        Handover handover;
        std::vector<std::string> command;  // the path of our program, and its arguments
        std::string directory;             // the directory that they are relative to
    };

    Guard(const ServiceSettings& settings, Start start);

    // Opens everything and starts the first worker.
    Status start();
    // Runs until there is no worker and none is to be started. Returns the exit status.
    ExitStatus run();
    // After an upgrade to this program that failed. If this returns, there is no program to go back
    // to.
    void go_back();

private:
    struct Worker {
        pid_t pid = 0;
        MessageSocket channel;
        enum class State : uint8_t {
            kStarting,
            kReady,
            kToldToReload,  // but has not begun
            kReloading,     // has begun, but has not reported ready again
        };
        State state = State::kStarting;
        bool trusted = true;  // false once it has sent what a genuine worker would not
        TimerId stopped_timer = TimerId::kNone;
        bool ended = false;  // it is dead: its pid may be reused
    };

    Status find_orphan();
    void take_over();
    Status open_everything();
    SavedStateFiles saved_state() const;
    Status listen();
    void name_socket_again();
    Status renew();
    Status start_worker();
    [[noreturn]] void become_worker(MessageSocket channel);
    void start_later(bool was_ready);
    Status end_old_worker();

    void on_signal(int signal);
    void order_reload();
    void end_by(int signal);
    void on_children();
    void on_first_end(int wait_status);
    void on_last_end(bool was_ready, int wait_status);
    void on_worker_end(int wait_status);
    void on_worker_stopped();
    // Kills the worker if it does not end soon.
    void expect_end();
    void end(ExitStatus status);

    // Replaces this program by another one.
    Status prepare_upgrade();
    Error replace_program();
    void give_up_upgrade(const Error& error);
    Result<std::string> directory_of_command() const;
    std::vector<NamedDescriptor> everything() const;
    Error become(const std::string& program, const std::vector<std::string>& command, Handover head,
                 std::span<const NamedDescriptor> descriptors);

    void on_event(uint32_t events) override;
    void hear_out();
    bool take_message(MessageSocket::Message&& message);
    void distrust(std::string_view why);
    void answer(const Status& status, int descriptor = -1, const std::string& remark = {});
    void answer_with(const Result<UniqueFd>& descriptor, const std::string& remark = {});
    void tell(const GuardMessage& message, int descriptor = -1);

    // The messages that a worker may send. Any other one makes it untrusted.
    void on(const ReadFile& request);
    void on(const FindFiles& request);
    void on(const OpenMrdisc& request);
    void on(const RunScript& request);
    void on(const TouchPidFile& request);
    void on(const Ready& request);
    void on(const UpgradeRequest& request);
    void on(const Release& message);
    void on(const Notify& message);
    void on(const Finish& message);
    void on_hold(const Hold& message, std::vector<UniqueFd>&& descriptors);
    void end_start();

    const ServiceSettings& settings_;
    Start start_;
    ExitStatus exit_status_ = ExitStatus::kOk;
    // In the order of construction; on the way out the pid file is removed last, when the kernel
    // has dropped the routes with its sockets.
    std::optional<EventLoop> loop_;
    std::optional<PidFile> pid_file_;
    Notifier notifier_;
    FileSystem files_;
    FileBroker broker_{settings_.config_file, files_};
    Identities identities_;
    size_t fd_limit_ = 0;
    HeldDescriptors held_{settings_.kernel_options(), notifier_};
    std::optional<Listener> listener_;
    OwnedPath second_socket_;  // the link that is its other name
    // The previous program and its command line, until this program's worker is ready.
    UniqueFd previous_;
    UniqueFd previous_command_;
    std::string last_upgrade_;
    UniqueFd old_line_;            // the channel to its worker, as long as that worker runs
    std::optional<pid_t> script_;  // the running script, whoever asked for it
    RestartPolicy policy_;
    std::optional<Worker> worker_;
    uint64_t workers_ = 0;  // that have been started
    TimerId kill_timer_ = TimerId::kNone;
    TimerId upgrade_timer_ = TimerId::kNone;
    bool has_routes_ = false;      // routes were handed over: go on even if the first worker fails
    bool was_ready_ = false;       // a worker of ours was ready once
    bool finishing_ = false;       // when the worker ends, we end too
    bool reload_ordered_ = false;  // since a worker last began a reload
};

}  // namespace smcroute
